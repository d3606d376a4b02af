// Generated from contracts/interfaces/ISlasher.sol by scripts/abi.ts. Do not edit.
export const slasherAbi = [
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint8",
        "name": "attempt",
        "type": "uint8"
      },
      {
        "indexed": false,
        "internalType": "uint32",
        "name": "view_",
        "type": "uint32"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "reporter",
        "type": "address"
      }
    ],
    "name": "Equivocated",
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
      }
    ],
    "name": "MarketAdded",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "market",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "challenger",
        "type": "address"
      }
    ],
    "name": "Overturned",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      }
    ],
    "name": "addMarket",
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
      }
    ],
    "name": "isMarket",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
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
        "components": [
          {
            "components": [
              {
                "internalType": "bytes32",
                "name": "requestId",
                "type": "bytes32"
              },
              {
                "internalType": "bytes32",
                "name": "outputHash",
                "type": "bytes32"
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
              }
            ],
            "internalType": "struct Report",
            "name": "report",
            "type": "tuple"
          },
          {
            "internalType": "uint256",
            "name": "index",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "count",
            "type": "uint256"
          },
          {
            "internalType": "bytes32[]",
            "name": "proof",
            "type": "bytes32[]"
          },
          {
            "internalType": "bytes",
            "name": "certificate",
            "type": "bytes"
          }
        ],
        "internalType": "struct ISlasher.CertifiedReport",
        "name": "first",
        "type": "tuple"
      },
      {
        "components": [
          {
            "components": [
              {
                "internalType": "bytes32",
                "name": "requestId",
                "type": "bytes32"
              },
              {
                "internalType": "bytes32",
                "name": "outputHash",
                "type": "bytes32"
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
              }
            ],
            "internalType": "struct Report",
            "name": "report",
            "type": "tuple"
          },
          {
            "internalType": "uint256",
            "name": "index",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "count",
            "type": "uint256"
          },
          {
            "internalType": "bytes32[]",
            "name": "proof",
            "type": "bytes32[]"
          },
          {
            "internalType": "bytes",
            "name": "certificate",
            "type": "bytes"
          }
        ],
        "internalType": "struct ISlasher.CertifiedReport",
        "name": "second",
        "type": "tuple"
      }
    ],
    "name": "reportCertificates",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "slashed",
        "type": "uint256"
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
        "components": [
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "uint64",
            "name": "round",
            "type": "uint64"
          },
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
            "components": [
              {
                "internalType": "bytes32",
                "name": "requestId",
                "type": "bytes32"
              },
              {
                "internalType": "bytes32",
                "name": "outputHash",
                "type": "bytes32"
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
              }
            ],
            "internalType": "struct Report",
            "name": "report",
            "type": "tuple"
          },
          {
            "internalType": "uint256",
            "name": "index",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "count",
            "type": "uint256"
          },
          {
            "internalType": "bytes32[]",
            "name": "proof",
            "type": "bytes32[]"
          },
          {
            "internalType": "bytes32",
            "name": "r",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "yParityAndS",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ISlasher.SignedReport",
        "name": "first",
        "type": "tuple"
      },
      {
        "components": [
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "uint64",
            "name": "round",
            "type": "uint64"
          },
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
            "components": [
              {
                "internalType": "bytes32",
                "name": "requestId",
                "type": "bytes32"
              },
              {
                "internalType": "bytes32",
                "name": "outputHash",
                "type": "bytes32"
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
              }
            ],
            "internalType": "struct Report",
            "name": "report",
            "type": "tuple"
          },
          {
            "internalType": "uint256",
            "name": "index",
            "type": "uint256"
          },
          {
            "internalType": "uint256",
            "name": "count",
            "type": "uint256"
          },
          {
            "internalType": "bytes32[]",
            "name": "proof",
            "type": "bytes32[]"
          },
          {
            "internalType": "bytes32",
            "name": "r",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "yParityAndS",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ISlasher.SignedReport",
        "name": "second",
        "type": "tuple"
      }
    ],
    "name": "reportEquivocation",
    "outputs": [
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
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
    "name": "reportOverturned",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "slashed",
        "type": "uint256"
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "uint8",
        "name": "attempt",
        "type": "uint8"
      },
      {
        "internalType": "uint32",
        "name": "view_",
        "type": "uint32"
      }
    ],
    "name": "wasSlashed",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "AlreadySlashed",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "ECDSAInvalidSignature",
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
    "name": "ECDSAInvalidSignatureLength",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "s",
        "type": "bytes32"
      }
    ],
    "name": "ECDSAInvalidSignatureS",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      }
    ],
    "name": "InvalidMarket",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "first",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "second",
        "type": "uint256"
      }
    ],
    "name": "NoSignerOfBoth",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "NotOneRequest",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "first",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "second",
        "type": "address"
      }
    ],
    "name": "NotOneSigner",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "NotOverturned",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "owner",
        "type": "address"
      }
    ],
    "name": "OwnableInvalidOwner",
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
    "name": "OwnableUnauthorizedAccount",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "digest",
        "type": "bytes32"
      }
    ],
    "name": "SameReport",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "judges",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "judgesMin",
        "type": "uint256"
      }
    ],
    "name": "TooFewJudges",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      }
    ],
    "name": "UnknownMarket",
    "type": "error"
  }
] as const
