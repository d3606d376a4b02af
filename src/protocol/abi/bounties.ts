// Generated from contracts/interfaces/IBounties.sol by scripts/abi.ts. Do not edit.
export const bountiesAbi = [
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
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "BountyPaid",
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
        "internalType": "uint8",
        "name": "attempt",
        "type": "uint8"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "postRound",
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
    "inputs": [
      {
        "internalType": "address",
        "name": "market",
        "type": "address"
      }
    ],
    "name": "sealEpoch",
    "outputs": [
      {
        "internalType": "bool",
        "name": "finished",
        "type": "bool"
      },
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
        "name": "length",
        "type": "uint256"
      }
    ],
    "name": "BlobNotWritten",
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
        "internalType": "uint64",
        "name": "round",
        "type": "uint64"
      }
    ],
    "name": "InvalidRound",
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
        "internalType": "uint64",
        "name": "round",
        "type": "uint64"
      }
    ],
    "name": "InvalidSignature",
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
    "name": "InvalidSignatureLength",
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
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "RequestNotWaiting",
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
    "name": "RoundAlreadyPosted",
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
        "name": "closesAt",
        "type": "uint256"
      }
    ],
    "name": "RoundTooLate",
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
        "name": "attempt",
        "type": "uint256"
      }
    ],
    "name": "UnknownRound",
    "type": "error"
  }
] as const
