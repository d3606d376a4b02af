// Generated from contracts/interfaces/ICommitteeFeed.sol by scripts/abi.ts. Do not edit.
export const committeeFeedAbi = [
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
        "internalType": "uint64",
        "name": "askedAt",
        "type": "uint64"
      },
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "value",
        "type": "uint128"
      },
      {
        "indexed": false,
        "internalType": "uint8",
        "name": "count",
        "type": "uint8"
      },
      {
        "indexed": false,
        "internalType": "uint32",
        "name": "bitmap",
        "type": "uint32"
      }
    ],
    "name": "Answered",
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
        "internalType": "uint64",
        "name": "askedAt",
        "type": "uint64"
      },
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "keyRoot",
        "type": "uint256"
      }
    ],
    "name": "Asked",
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
        "internalType": "enum ICommitteeFeed.Refusal",
        "name": "refusal",
        "type": "uint8"
      }
    ],
    "name": "Refused",
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
    "name": "Released",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "indexed": true,
        "internalType": "uint16",
        "name": "slot",
        "type": "uint16"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "operator",
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
    "name": "SeatsPaid",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      }
    ],
    "name": "answersOf",
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
    "name": "ask",
    "outputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "stateMutability": "payable",
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
    "name": "askOf",
    "outputs": [
      {
        "internalType": "uint64",
        "name": "askedAt",
        "type": "uint64"
      },
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "available",
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
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "internalType": "uint16",
        "name": "slot",
        "type": "uint16"
      },
      {
        "internalType": "uint256[]",
        "name": "groups",
        "type": "uint256[]"
      },
      {
        "internalType": "address payable",
        "name": "to",
        "type": "address"
      }
    ],
    "name": "claimSeats",
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
    "inputs": [],
    "name": "committees",
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
    "inputs": [],
    "name": "config",
    "outputs": [
      {
        "components": [
          {
            "internalType": "FunctionId",
            "name": "functionId",
            "type": "bytes32"
          },
          {
            "internalType": "uint16",
            "name": "size",
            "type": "uint16"
          },
          {
            "internalType": "uint16",
            "name": "quorum",
            "type": "uint16"
          },
          {
            "internalType": "uint32",
            "name": "periodSeconds",
            "type": "uint32"
          },
          {
            "internalType": "uint16",
            "name": "epochAgeMax",
            "type": "uint16"
          },
          {
            "internalType": "uint32",
            "name": "callbackGas",
            "type": "uint32"
          },
          {
            "internalType": "uint8",
            "name": "attempts",
            "type": "uint8"
          },
          {
            "internalType": "uint64",
            "name": "maxFeePerGas",
            "type": "uint64"
          },
          {
            "internalType": "uint96",
            "name": "seatPay",
            "type": "uint96"
          }
        ],
        "internalType": "struct ICommitteeFeed.Config",
        "name": "",
        "type": "tuple"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "latestAnswer",
    "outputs": [
      {
        "components": [
          {
            "internalType": "uint128",
            "name": "value",
            "type": "uint128"
          },
          {
            "internalType": "uint64",
            "name": "askedAt",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "epoch",
            "type": "uint32"
          },
          {
            "internalType": "uint8",
            "name": "count",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "bitmap",
            "type": "uint32"
          }
        ],
        "internalType": "struct ICommitteeFeed.Answer",
        "name": "",
        "type": "tuple"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "nextAskAt",
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
    "name": "price",
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
    "name": "release",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "internalType": "uint16",
        "name": "slot",
        "type": "uint16"
      },
      {
        "internalType": "uint256",
        "name": "group",
        "type": "uint256"
      }
    ],
    "name": "unpaidSeats",
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
        "internalType": "uint32",
        "name": "epoch",
        "type": "uint32"
      },
      {
        "internalType": "uint32",
        "name": "posted",
        "type": "uint32"
      }
    ],
    "name": "AlreadyPosted",
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
        "name": "nextAt",
        "type": "uint256"
      }
    ],
    "name": "AskedTooSoon",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "baseFee",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "maxFeePerGas",
        "type": "uint256"
      }
    ],
    "name": "BaseFeeTooHigh",
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
        "name": "keyRoot",
        "type": "uint256"
      }
    ],
    "name": "InvalidKeyRoot",
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
        "name": "size",
        "type": "uint256"
      }
    ],
    "name": "InvalidSize",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint16",
        "name": "size",
        "type": "uint16"
      }
    ],
    "name": "NoCommittee",
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
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "NotMarket",
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
        "name": "newest",
        "type": "uint32"
      }
    ],
    "name": "NotNewestEpoch",
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
        "name": "epoch",
        "type": "uint32"
      },
      {
        "internalType": "uint16",
        "name": "slot",
        "type": "uint16"
      }
    ],
    "name": "NothingToClaim",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint16",
        "name": "size",
        "type": "uint16"
      }
    ],
    "name": "NothingToFinalize",
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
    "inputs": [
      {
        "internalType": "uint256",
        "name": "width",
        "type": "uint256"
      }
    ],
    "name": "PoseidonTableMissing",
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
        "internalType": "uint256",
        "name": "finalAt",
        "type": "uint256"
      }
    ],
    "name": "PostUndecided",
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
    "inputs": [],
    "name": "ReentrancyGuardReentrantCall",
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
    "name": "StaleCommittee",
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
      }
    ],
    "name": "StillOpen",
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
        "name": "available",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "required",
        "type": "uint256"
      }
    ],
    "name": "Underfunded",
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
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      }
    ],
    "name": "UnknownRequest",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint16",
        "name": "slot",
        "type": "uint16"
      }
    ],
    "name": "UnknownSlot",
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
