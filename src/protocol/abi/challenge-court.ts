// Generated from contracts/interfaces/IChallengeCourt.sol by scripts/abi.ts. Do not edit.
export const challengeCourtAbi = [
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "resolver",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "enum Verdict",
        "name": "verdict",
        "type": "uint8"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "perSeat",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "unsignedPay",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "reimbursement",
        "type": "uint256"
      },
      {
        "components": [
          {
            "internalType": "uint8",
            "name": "attempt",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "view_",
            "type": "uint32"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "evidenceHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes",
            "name": "output",
            "type": "bytes"
          },
          {
            "internalType": "bytes",
            "name": "certificate",
            "type": "bytes"
          }
        ],
        "indexed": false,
        "internalType": "struct Fulfillment",
        "name": "fulfillment",
        "type": "tuple"
      }
    ],
    "name": "ChallengeResolved",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "burned",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "returned",
        "type": "uint256"
      }
    ],
    "name": "ChallengeUndecided",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "challenger",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint96",
        "name": "bond",
        "type": "uint96"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "round",
        "type": "uint64"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "opensAt",
        "type": "uint64"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "closesAt",
        "type": "uint64"
      }
    ],
    "name": "Challenged",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "address",
            "name": "requester",
            "type": "address"
          },
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "nonce",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "address",
            "name": "snapshot",
            "type": "address"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "address",
            "name": "verifier",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "functionOwner",
            "type": "address"
          },
          {
            "internalType": "uint64",
            "name": "deadline",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "callbackTarget",
            "type": "address"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "uint96",
            "name": "flatFeePerSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "fuelPrice",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "protocolFee",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          },
          {
            "components": [
              {
                "internalType": "uint64",
                "name": "round",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "opensAt",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "closesAt",
                "type": "uint64"
              }
            ],
            "internalType": "struct Attempt[]",
            "name": "attempts",
            "type": "tuple[]"
          }
        ],
        "internalType": "struct Request",
        "name": "request_",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "escrow",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "reimbursement",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "certifiedAt",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "submitter",
            "type": "address"
          },
          {
            "internalType": "uint8",
            "name": "attempt",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "outputHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint256",
            "name": "signers",
            "type": "uint256"
          }
        ],
        "internalType": "struct Certified",
        "name": "certified",
        "type": "tuple"
      }
    ],
    "name": "bondOf",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "address",
            "name": "requester",
            "type": "address"
          },
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "nonce",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "address",
            "name": "snapshot",
            "type": "address"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "address",
            "name": "verifier",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "functionOwner",
            "type": "address"
          },
          {
            "internalType": "uint64",
            "name": "deadline",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "callbackTarget",
            "type": "address"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "uint96",
            "name": "flatFeePerSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "fuelPrice",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "protocolFee",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          },
          {
            "components": [
              {
                "internalType": "uint64",
                "name": "round",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "opensAt",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "closesAt",
                "type": "uint64"
              }
            ],
            "internalType": "struct Attempt[]",
            "name": "attempts",
            "type": "tuple[]"
          }
        ],
        "internalType": "struct Request",
        "name": "request_",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "escrow",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "reimbursement",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "certifiedAt",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "submitter",
            "type": "address"
          },
          {
            "internalType": "uint8",
            "name": "attempt",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "outputHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint256",
            "name": "signers",
            "type": "uint256"
          }
        ],
        "internalType": "struct Certified",
        "name": "certified",
        "type": "tuple"
      }
    ],
    "name": "challenge",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "challengedOf",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "certifiedHash",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "challenger",
        "type": "address"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "closeUndecided",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "address",
            "name": "requester",
            "type": "address"
          },
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "nonce",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "address",
            "name": "snapshot",
            "type": "address"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "address",
            "name": "verifier",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "functionOwner",
            "type": "address"
          },
          {
            "internalType": "uint64",
            "name": "deadline",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "callbackTarget",
            "type": "address"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "uint96",
            "name": "flatFeePerSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "fuelPrice",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "protocolFee",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          },
          {
            "components": [
              {
                "internalType": "uint64",
                "name": "round",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "opensAt",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "closesAt",
                "type": "uint64"
              }
            ],
            "internalType": "struct Attempt[]",
            "name": "attempts",
            "type": "tuple[]"
          }
        ],
        "internalType": "struct Request",
        "name": "request_",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "escrow",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "reimbursement",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "certifiedAt",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "submitter",
            "type": "address"
          },
          {
            "internalType": "uint8",
            "name": "attempt",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "outputHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint256",
            "name": "signers",
            "type": "uint256"
          }
        ],
        "internalType": "struct Certified",
        "name": "certified",
        "type": "tuple"
      }
    ],
    "name": "committeeOf",
    "outputs": [
      {
        "internalType": "uint256[]",
        "name": "",
        "type": "uint256[]"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "address",
            "name": "requester",
            "type": "address"
          },
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "nonce",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "address",
            "name": "snapshot",
            "type": "address"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "address",
            "name": "verifier",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "functionOwner",
            "type": "address"
          },
          {
            "internalType": "uint64",
            "name": "deadline",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "callbackTarget",
            "type": "address"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "uint96",
            "name": "flatFeePerSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "fuelPrice",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "protocolFee",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          },
          {
            "components": [
              {
                "internalType": "uint64",
                "name": "round",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "opensAt",
                "type": "uint64"
              },
              {
                "internalType": "uint64",
                "name": "closesAt",
                "type": "uint64"
              }
            ],
            "internalType": "struct Attempt[]",
            "name": "attempts",
            "type": "tuple[]"
          }
        ],
        "internalType": "struct Request",
        "name": "request_",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "escrow",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "reimbursement",
            "type": "uint96"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "certifiedAt",
            "type": "uint64"
          },
          {
            "internalType": "address",
            "name": "submitter",
            "type": "address"
          },
          {
            "internalType": "uint8",
            "name": "attempt",
            "type": "uint8"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "outputHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint256",
            "name": "signers",
            "type": "uint256"
          }
        ],
        "internalType": "struct Certified",
        "name": "certified",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "uint8",
            "name": "attempt",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "view_",
            "type": "uint32"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "evidenceHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes",
            "name": "output",
            "type": "bytes"
          },
          {
            "internalType": "bytes",
            "name": "certificate",
            "type": "bytes"
          }
        ],
        "internalType": "struct Fulfillment",
        "name": "fulfillment",
        "type": "tuple"
      }
    ],
    "name": "resolve",
    "outputs": [
      {
        "internalType": "enum Verdict",
        "name": "",
        "type": "uint8"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "rulingOf",
    "outputs": [
      {
        "components": [
          {
            "internalType": "enum Verdict",
            "name": "verdict",
            "type": "uint8"
          },
          {
            "internalType": "address",
            "name": "challenger",
            "type": "address"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelUsed",
            "type": "uint64"
          },
          {
            "internalType": "bytes32",
            "name": "outputHash",
            "type": "bytes32"
          }
        ],
        "internalType": "struct IChallengeCourt.Ruling",
        "name": "",
        "type": "tuple"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "committeeSize",
        "type": "uint256"
      }
    ],
    "name": "seatsFor",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "pure",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "consumer",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "cap",
        "type": "uint256"
      }
    ],
    "name": "AboveSpendingCap",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "balance",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "AccountTooLow",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "challenger",
        "type": "address"
      }
    ],
    "name": "AlreadyChallenged",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "index",
        "type": "uint256"
      }
    ],
    "name": "BatchMismatch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "round",
        "type": "uint64"
      }
    ],
    "name": "BeaconNotPosted",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "bond",
        "type": "uint256"
      }
    ],
    "name": "BondMismatch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "gas",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "gasMax",
        "type": "uint256"
      }
    ],
    "name": "CallbackGasTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "target",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "requester",
        "type": "address"
      }
    ],
    "name": "CallbackNotAllowed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "enum IMarketTypes.Status",
        "name": "status",
        "type": "uint8"
      }
    ],
    "name": "CallbackNotFailed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "time",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "deadline",
        "type": "uint256"
      }
    ],
    "name": "CallbackTooLate",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "CertificateExpected",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "index",
        "type": "uint256"
      }
    ],
    "name": "Challengeable",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "size",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "sizeMax",
        "type": "uint256"
      }
    ],
    "name": "CommitteeTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "size",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "sizeMin",
        "type": "uint256"
      }
    ],
    "name": "CommitteeTooSmall",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "EtherRefused",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "evidenceHash",
        "type": "bytes32"
      }
    ],
    "name": "EvidenceNotAllowed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "fuelUsed",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "fuelLimit",
        "type": "uint64"
      }
    ],
    "name": "FuelAboveLimit",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "fuelUsed",
        "type": "uint64"
      },
      {
        "internalType": "uint64",
        "name": "fuelLimit",
        "type": "uint64"
      }
    ],
    "name": "FuelBelowLimit",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "FunctionNotActive",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "lengthMax",
        "type": "uint256"
      }
    ],
    "name": "InputTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "seat",
        "type": "uint256"
      }
    ],
    "name": "InvalidAttestation",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "challengeWindow",
        "type": "uint256"
      }
    ],
    "name": "InvalidChallengeWindow",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "field",
        "type": "string"
      }
    ],
    "name": "InvalidConfig",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      }
    ],
    "name": "MalformedCertificate",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "NotAChallengeReport",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "settlement",
        "type": "uint256"
      },
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "NotASigner",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "NotBounties",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "NotCertified",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "uint256",
        "name": "time",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "challengeBefore",
        "type": "uint256"
      }
    ],
    "name": "NotChallengeable",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "commitment",
        "type": "bytes32"
      }
    ],
    "name": "NotCommitted",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "available",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "required",
        "type": "uint256"
      }
    ],
    "name": "NotEnoughGas",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "eligible",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "required",
        "type": "uint256"
      }
    ],
    "name": "NotEnoughNodes",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "time",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "deadline",
        "type": "uint256"
      }
    ],
    "name": "NotExpired",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "uint256",
        "name": "finalAt",
        "type": "uint256"
      }
    ],
    "name": "NotFinal",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "NotOperator",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "enum Verdict",
        "name": "verdict",
        "type": "uint8"
      }
    ],
    "name": "NotPending",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint16",
        "name": "exit",
        "type": "uint16"
      },
      {
        "internalType": "uint64",
        "name": "fuelUsed",
        "type": "uint64"
      },
      {
        "internalType": "bytes32",
        "name": "evidenceHash",
        "type": "bytes32"
      }
    ],
    "name": "NotProven",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "requester",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "NotRequester",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "NotTheCallback",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "NothingToClaim",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "lengthExpected",
        "type": "uint256"
      }
    ],
    "name": "OutputMismatch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "lengthMax",
        "type": "uint256"
      }
    ],
    "name": "OutputTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "time",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "opensAt",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "closesAt",
        "type": "uint256"
      }
    ],
    "name": "OutsideChallenge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "time",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "opensAt",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "closesAt",
        "type": "uint256"
      }
    ],
    "name": "OutsideWindow",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "PayeeMissing",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "PaymentTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "required",
        "type": "uint256"
      }
    ],
    "name": "PaymentTooSmall",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "ProofExpected",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "items",
        "type": "uint256"
      }
    ],
    "name": "ProofsMismatch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "signers",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "quorum",
        "type": "uint256"
      }
    ],
    "name": "QuorumNotReached",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "ReentrancyGuardReentrantCall",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "enum IMarketTypes.Status",
        "name": "status",
        "type": "uint8"
      }
    ],
    "name": "RequestNotOpen",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "RequestsPaused",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "gas",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "gasMin",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "gasMax",
        "type": "uint256"
      }
    ],
    "name": "RetryGasOutOfBounds",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "time",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "revealsAt",
        "type": "uint256"
      }
    ],
    "name": "RevealedTooEarly",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "round",
        "type": "uint64"
      }
    ],
    "name": "RoundNotPosted",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "settlement",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "claimedBelow",
        "type": "uint256"
      }
    ],
    "name": "ShareClaimed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "internalType": "uint32",
        "name": "currentEpoch",
        "type": "uint32"
      }
    ],
    "name": "StaleEpoch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "uint256",
        "name": "closesAt",
        "type": "uint256"
      }
    ],
    "name": "StillOpen",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "attempts",
        "type": "uint256"
      }
    ],
    "name": "TooManyAttempts",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      }
    ],
    "name": "TransferFailed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "attempt",
        "type": "uint256"
      }
    ],
    "name": "UnknownAttempt",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "signerBitmap",
        "type": "uint256"
      }
    ],
    "name": "UnknownSigners",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "view_",
        "type": "uint32"
      }
    ],
    "name": "ViewNotAllowed",
    "type": "error"
  }
] as const
