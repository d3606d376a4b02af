// Generated from contracts/interfaces/IFunctionRegistry.sol by scripts/abi.ts. Do not edit.
export const functionRegistryAbi = [
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "owner",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "enum IFunctionRegistry.Kind",
            "name": "kind",
            "type": "uint8"
          },
          {
            "internalType": "bytes32",
            "name": "moduleHash",
            "type": "bytes32"
          },
          {
            "internalType": "string",
            "name": "entry",
            "type": "string"
          },
          {
            "internalType": "string",
            "name": "runtime",
            "type": "string"
          },
          {
            "internalType": "bytes32",
            "name": "capabilities",
            "type": "bytes32"
          },
          {
            "internalType": "string[]",
            "name": "permissions",
            "type": "string[]"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "string",
            "name": "agreement",
            "type": "string"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "memoryBytesMax",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "windowSeconds",
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
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "bytes4",
            "name": "verifierSelector",
            "type": "bytes4"
          },
          {
            "internalType": "bytes32",
            "name": "verificationKeyHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          }
        ],
        "indexed": false,
        "internalType": "struct IFunctionRegistry.FunctionSpec",
        "name": "spec",
        "type": "tuple"
      },
      {
        "indexed": false,
        "internalType": "string[]",
        "name": "uris",
        "type": "string[]"
      }
    ],
    "name": "FunctionDeployed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "enum IFunctionRegistry.State",
        "name": "state",
        "type": "uint8"
      }
    ],
    "name": "FunctionStateChanged",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "nameHash",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "version",
        "type": "uint256"
      }
    ],
    "name": "VersionPublished",
    "type": "event"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "enum IFunctionRegistry.Kind",
            "name": "kind",
            "type": "uint8"
          },
          {
            "internalType": "bytes32",
            "name": "moduleHash",
            "type": "bytes32"
          },
          {
            "internalType": "string",
            "name": "entry",
            "type": "string"
          },
          {
            "internalType": "string",
            "name": "runtime",
            "type": "string"
          },
          {
            "internalType": "bytes32",
            "name": "capabilities",
            "type": "bytes32"
          },
          {
            "internalType": "string[]",
            "name": "permissions",
            "type": "string[]"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "string",
            "name": "agreement",
            "type": "string"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "memoryBytesMax",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "windowSeconds",
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
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "bytes4",
            "name": "verifierSelector",
            "type": "bytes4"
          },
          {
            "internalType": "bytes32",
            "name": "verificationKeyHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          }
        ],
        "internalType": "struct IFunctionRegistry.FunctionSpec",
        "name": "spec",
        "type": "tuple"
      },
      {
        "internalType": "string[]",
        "name": "uris",
        "type": "string[]"
      }
    ],
    "name": "deploy",
    "outputs": [
      {
        "internalType": "FunctionId",
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
        "internalType": "address",
        "name": "owner",
        "type": "address"
      },
      {
        "components": [
          {
            "internalType": "enum IFunctionRegistry.Kind",
            "name": "kind",
            "type": "uint8"
          },
          {
            "internalType": "bytes32",
            "name": "moduleHash",
            "type": "bytes32"
          },
          {
            "internalType": "string",
            "name": "entry",
            "type": "string"
          },
          {
            "internalType": "string",
            "name": "runtime",
            "type": "string"
          },
          {
            "internalType": "bytes32",
            "name": "capabilities",
            "type": "bytes32"
          },
          {
            "internalType": "string[]",
            "name": "permissions",
            "type": "string[]"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "string",
            "name": "agreement",
            "type": "string"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "uint64",
            "name": "fuelLimit",
            "type": "uint64"
          },
          {
            "internalType": "uint64",
            "name": "memoryBytesMax",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "windowSeconds",
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
            "internalType": "uint96",
            "name": "royalty",
            "type": "uint96"
          },
          {
            "internalType": "bytes4",
            "name": "verifierSelector",
            "type": "bytes4"
          },
          {
            "internalType": "bytes32",
            "name": "verificationKeyHash",
            "type": "bytes32"
          },
          {
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          }
        ],
        "internalType": "struct IFunctionRegistry.FunctionSpec",
        "name": "spec",
        "type": "tuple"
      }
    ],
    "name": "functionIdOf",
    "outputs": [
      {
        "internalType": "FunctionId",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "pure",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "pause",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "publish",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "version",
        "type": "uint256"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "enum Consensus",
        "name": "consensus",
        "type": "uint8"
      },
      {
        "internalType": "uint16",
        "name": "committeeSize",
        "type": "uint16"
      }
    ],
    "name": "quorumOf",
    "outputs": [
      {
        "internalType": "uint16",
        "name": "",
        "type": "uint16"
      }
    ],
    "stateMutability": "pure",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      }
    ],
    "name": "resolve",
    "outputs": [
      {
        "internalType": "FunctionId",
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
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "retire",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "terms",
    "outputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "owner",
            "type": "address"
          },
          {
            "internalType": "uint16",
            "name": "committeeSize",
            "type": "uint16"
          },
          {
            "internalType": "enum Consensus",
            "name": "consensus",
            "type": "uint8"
          },
          {
            "internalType": "enum IFunctionRegistry.State",
            "name": "state",
            "type": "uint8"
          },
          {
            "internalType": "uint32",
            "name": "outputBytesMax",
            "type": "uint32"
          },
          {
            "internalType": "uint32",
            "name": "windowSeconds",
            "type": "uint32"
          },
          {
            "internalType": "address",
            "name": "verifier",
            "type": "address"
          },
          {
            "internalType": "uint96",
            "name": "flatFeePerSeat",
            "type": "uint96"
          },
          {
            "internalType": "uint96",
            "name": "royalty",
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
            "internalType": "uint32",
            "name": "challengeWindow",
            "type": "uint32"
          },
          {
            "internalType": "bytes32",
            "name": "capabilities",
            "type": "bytes32"
          }
        ],
        "internalType": "struct IFunctionRegistry.Terms",
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
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "unpause",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "internalType": "uint256",
        "name": "version",
        "type": "uint256"
      }
    ],
    "name": "versionAt",
    "outputs": [
      {
        "internalType": "FunctionId",
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
        "internalType": "string",
        "name": "name",
        "type": "string"
      }
    ],
    "name": "versionCount",
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
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      }
    ],
    "name": "AlreadyDeployed",
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
    "name": "FunctionRetired",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      }
    ],
    "name": "InvalidName",
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
    "name": "InvalidSpec",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "verifier",
        "type": "address"
      }
    ],
    "name": "InvalidVerifier",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "internalType": "address",
        "name": "owner",
        "type": "address"
      }
    ],
    "name": "NameTaken",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
      {
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "NotOwner",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes4",
        "name": "selector",
        "type": "bytes4"
      },
      {
        "internalType": "address",
        "name": "verifier",
        "type": "address"
      }
    ],
    "name": "SelectorTaken",
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
    "name": "UnknownFunction",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      }
    ],
    "name": "UnknownName",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes4",
        "name": "selector",
        "type": "bytes4"
      }
    ],
    "name": "UnknownSelector",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "internalType": "uint256",
        "name": "version",
        "type": "uint256"
      }
    ],
    "name": "UnknownVersion",
    "type": "error"
  }
] as const
