// Generated from contracts/interfaces/IComputeMarket.sol by scripts/abi.ts. Do not edit.
export const computeMarketAbi = [
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "root",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "submitter",
        "type": "address"
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
        "internalType": "bytes32[]",
        "name": "leaves",
        "type": "bytes32[]"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "certificate",
        "type": "bytes"
      }
    ],
    "name": "BatchCertified",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "CallbackFailed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "caller",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "bool",
        "name": "ok",
        "type": "bool"
      }
    ],
    "name": "CallbackRetried",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "target",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "requester",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "bool",
        "name": "allowed",
        "type": "bool"
      }
    ],
    "name": "CallbacksAllowed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Claimed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "consumer",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint96",
        "name": "valueMax",
        "type": "uint96"
      }
    ],
    "name": "ConsumerSet",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Deposited",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": false,
        "internalType": "bool",
        "name": "paused",
        "type": "bool"
      }
    ],
    "name": "PausedSet",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "commitment",
        "type": "bytes32"
      }
    ],
    "name": "ProofCommitted",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "payee",
        "type": "address"
      }
    ],
    "name": "ProvenOpenly",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "submitter",
        "type": "address"
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
        "indexed": false,
        "internalType": "struct Certified",
        "name": "certified",
        "type": "tuple"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "output",
        "type": "bytes"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "certificate",
        "type": "bytes"
      }
    ],
    "name": "RequestCertified",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint96",
        "name": "refund",
        "type": "uint96"
      },
      {
        "indexed": false,
        "internalType": "uint96",
        "name": "bounty",
        "type": "uint96"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "RequestExpired",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "caller",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "enum Verdict",
        "name": "verdict",
        "type": "uint8"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "perSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "pool",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "submitter",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "refund",
            "type": "uint96"
          }
        ],
        "indexed": false,
        "internalType": "struct IMarketTypes.Payment",
        "name": "payment",
        "type": "tuple"
      },
      {
        "indexed": false,
        "internalType": "uint16",
        "name": "exit",
        "type": "uint16"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "fuelUsed",
        "type": "uint64"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "output",
        "type": "bytes"
      }
    ],
    "name": "RequestFinalized",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "submitter",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "perSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "pool",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "submitter",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "refund",
            "type": "uint96"
          }
        ],
        "indexed": false,
        "internalType": "struct IMarketTypes.Payment",
        "name": "payment",
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
        "indexed": false,
        "internalType": "struct Fulfillment",
        "name": "fulfillment",
        "type": "tuple"
      }
    ],
    "name": "RequestFulfilled",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "root",
        "type": "bytes32"
      },
      {
        "components": [
          {
            "internalType": "uint96",
            "name": "perSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "pool",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "submitter",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "refund",
            "type": "uint96"
          }
        ],
        "indexed": false,
        "internalType": "struct IMarketTypes.Payment",
        "name": "payment",
        "type": "tuple"
      },
      {
        "components": [
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
          }
        ],
        "indexed": false,
        "internalType": "struct BatchResult",
        "name": "result",
        "type": "tuple"
      }
    ],
    "name": "RequestFulfilledInBatch",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "requester",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint96",
        "name": "escrow",
        "type": "uint96"
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
        "indexed": false,
        "internalType": "struct Request",
        "name": "request",
        "type": "tuple"
      }
    ],
    "name": "RequestSubmitted",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint96",
        "name": "escrow",
        "type": "uint96"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "maxFeePerGas",
        "type": "uint64"
      }
    ],
    "name": "RequestToppedUp",
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
        "indexed": false,
        "internalType": "uint256",
        "name": "claimedBelow",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "SharesClaimed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint256",
        "name": "settlement",
        "type": "uint256"
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
        "name": "signers",
        "type": "uint256"
      }
    ],
    "name": "SharesRecorded",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "requester",
        "type": "address"
      },
      {
        "internalType": "bool",
        "name": "allowed",
        "type": "bool"
      }
    ],
    "name": "allowCallbacks",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "bounties",
    "outputs": [
      {
        "internalType": "address",
        "name": "",
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
        "name": "target",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "requester",
        "type": "address"
      }
    ],
    "name": "callbacksAllowed",
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
    "name": "checkCertified",
    "outputs": [
      {
        "internalType": "RequestId",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address payable",
        "name": "to",
        "type": "address"
      }
    ],
    "name": "claim",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "amount",
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
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "address payable",
        "name": "to",
        "type": "address"
      }
    ],
    "name": "claimNode",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "amount",
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
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "bytes",
        "name": "claims",
        "type": "bytes"
      }
    ],
    "name": "claimShares",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "commitment",
        "type": "bytes32"
      }
    ],
    "name": "commitProof",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
    "inputs": [],
    "name": "configHash",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "court",
    "outputs": [
      {
        "internalType": "address",
        "name": "",
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
        "name": "account",
        "type": "address"
      }
    ],
    "name": "creditOf",
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
    "inputs": [],
    "name": "dataFee",
    "outputs": [
      {
        "internalType": "address",
        "name": "",
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
        "name": "account",
        "type": "address"
      }
    ],
    "name": "deposit",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32[]",
        "name": "attestors",
        "type": "bytes32[]"
      },
      {
        "internalType": "uint256",
        "name": "perSeat",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "unsignedPay",
        "type": "uint256"
      }
    ],
    "name": "depositShares",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "domainSeparator",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
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
      }
    ],
    "name": "expire",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "extension",
    "outputs": [
      {
        "internalType": "address",
        "name": "",
        "type": "address"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
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
        "internalType": "bytes",
        "name": "output",
        "type": "bytes"
      }
    ],
    "name": "finalize",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
    "name": "fulfill",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
        "name": "shared",
        "type": "tuple"
      },
      {
        "internalType": "bytes",
        "name": "items",
        "type": "bytes"
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
            "internalType": "bytes32[]",
            "name": "leaves",
            "type": "bytes32[]"
          },
          {
            "internalType": "bytes",
            "name": "certificate",
            "type": "bytes"
          }
        ],
        "internalType": "struct Batch",
        "name": "batch",
        "type": "tuple"
      }
    ],
    "name": "fulfillBatch",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
      },
      {
        "internalType": "address",
        "name": "payee",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "blinding",
        "type": "bytes32"
      }
    ],
    "name": "fulfillOpenly",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
        "name": "shared",
        "type": "tuple"
      },
      {
        "internalType": "bytes",
        "name": "items",
        "type": "bytes"
      },
      {
        "internalType": "bytes",
        "name": "proofs",
        "type": "bytes"
      },
      {
        "internalType": "uint8",
        "name": "attempt",
        "type": "uint8"
      }
    ],
    "name": "fulfillProofs",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
    "name": "fulfillWithProof",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "gasConstants",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "gasBase",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "gasPerSignature",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "gasPerByte",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "tipMax",
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
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "nodeCreditOf",
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
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "payBounty",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "bounty",
        "type": "uint256"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "pool",
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
    "inputs": [],
    "name": "proofGasConstants",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "gasPerProof",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "gasPerProvenByte",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "uint8",
            "name": "attempts",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          }
        ],
        "internalType": "struct IMarketTypes.RequestParams",
        "name": "params",
        "type": "tuple"
      }
    ],
    "name": "quote",
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
        "components": [
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "uint8",
            "name": "attempts",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          }
        ],
        "internalType": "struct IMarketTypes.RequestParams",
        "name": "params",
        "type": "tuple"
      }
    ],
    "name": "request",
    "outputs": [
      {
        "internalType": "RequestId",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "payable",
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
        "name": "callbackTarget",
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
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "uint8",
            "name": "attempts",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "bytes",
            "name": "input",
            "type": "bytes"
          }
        ],
        "internalType": "struct IMarketTypes.RequestParams",
        "name": "params",
        "type": "tuple"
      }
    ],
    "name": "requestFor",
    "outputs": [
      {
        "internalType": "RequestId",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
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
      }
    ],
    "name": "requestIdOf",
    "outputs": [
      {
        "internalType": "RequestId",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
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
            "internalType": "uint64",
            "name": "round",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "fulfilledAt",
            "type": "uint64"
          },
          {
            "internalType": "uint16",
            "name": "exit",
            "type": "uint16"
          },
          {
            "internalType": "bytes",
            "name": "output",
            "type": "bytes"
          }
        ],
        "internalType": "struct IMarketTypes.CallbackResult",
        "name": "result",
        "type": "tuple"
      },
      {
        "internalType": "uint256",
        "name": "gas",
        "type": "uint256"
      }
    ],
    "name": "retryCallback",
    "outputs": [
      {
        "internalType": "bool",
        "name": "ok",
        "type": "bool"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "consumer",
        "type": "address"
      },
      {
        "internalType": "uint96",
        "name": "valueMax",
        "type": "uint96"
      }
    ],
    "name": "setConsumer",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bool",
        "name": "paused",
        "type": "bool"
      }
    ],
    "name": "setPaused",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "sharesClaimedBelow",
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
        "internalType": "uint256",
        "name": "settlement",
        "type": "uint256"
      }
    ],
    "name": "sharesOf",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "perSeat",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "signers",
        "type": "uint256"
      },
      {
        "internalType": "bytes32",
        "name": "root",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
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
      }
    ],
    "name": "spendingCapOf",
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
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "statusOf",
    "outputs": [
      {
        "internalType": "enum IMarketTypes.Status",
        "name": "status",
        "type": "uint8"
      },
      {
        "internalType": "uint96",
        "name": "escrow",
        "type": "uint96"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
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
        "internalType": "uint64",
        "name": "maxFeePerGas",
        "type": "uint64"
      }
    ],
    "name": "topUp",
    "outputs": [],
    "stateMutability": "payable",
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "AttestorTaken",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "recovered",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "BadBinding",
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "BlsKeyAlreadyRegistered",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "number",
        "type": "uint32"
      }
    ],
    "name": "BlsKeyNotRegistered",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "keyHash",
        "type": "bytes32"
      }
    ],
    "name": "BlsKeyTaken",
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
    "inputs": [
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      }
    ],
    "name": "EpochAlreadySealed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      }
    ],
    "name": "EpochNotSealed",
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
        "name": "signerBitmap",
        "type": "uint256"
      }
    ],
    "name": "InvalidAggregate",
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "InvalidPossession",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "InvalidProof",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "InvalidShortString",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "bps",
        "type": "uint256"
      }
    ],
    "name": "InvalidSlash",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "slasher",
        "type": "address"
      }
    ],
    "name": "InvalidSlasher",
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
    "inputs": [
      {
        "internalType": "uint256",
        "name": "keyBytes",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "proofBytes",
        "type": "uint256"
      }
    ],
    "name": "MalformedKey",
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
    "name": "MalformedProof",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "reporter",
        "type": "address"
      }
    ],
    "name": "NoReward",
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
        "internalType": "uint32",
        "name": "jailedUntil",
        "type": "uint32"
      }
    ],
    "name": "NodeJailed",
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
    "name": "NotNodeOperator",
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
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "NotSlasher",
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
        "internalType": "uint32",
        "name": "group",
        "type": "uint32"
      }
    ],
    "name": "NothingToPack",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      }
    ],
    "name": "NothingToSeal",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "NothingUnbonding",
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
    "name": "OutsideWindow",
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
        "name": "index",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "PublicInputTooLarge",
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
    "name": "PublicInputsMismatch",
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
        "internalType": "uint256",
        "name": "nodesMax",
        "type": "uint256"
      }
    ],
    "name": "RegistryFull",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "registry",
        "type": "address"
      }
    ],
    "name": "RegistryUnreadable",
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
        "internalType": "uint256",
        "name": "withdrawableAt",
        "type": "uint256"
      }
    ],
    "name": "StakeStillBonded",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "stake",
        "type": "uint256"
      }
    ],
    "name": "StakeTooLarge",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "stake",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "stakeMin",
        "type": "uint256"
      }
    ],
    "name": "StakeTooSmall",
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "stake",
        "type": "uint256"
      }
    ],
    "name": "StillBonded",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "str",
        "type": "string"
      }
    ],
    "name": "StringTooLong",
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
        "internalType": "bytes32",
        "name": "capabilities",
        "type": "bytes32"
      }
    ],
    "name": "UnknownCapabilities",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "UnknownNode",
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
