// Generated from contracts/interfaces/IBlsKeyRegistry.sol by scripts/abi.ts. Do not edit.
export const blsKeyRegistryAbi = [
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
        "internalType": "uint32",
        "name": "number",
        "type": "uint32"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "key",
        "type": "bytes"
      }
    ],
    "name": "BlsKeyRegistered",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint32",
        "name": "group",
        "type": "uint32"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "blob",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint16",
        "name": "keys",
        "type": "uint16"
      }
    ],
    "name": "BlsKeysPacked",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "number",
        "type": "uint32"
      }
    ],
    "name": "keyOf",
    "outputs": [
      {
        "internalType": "bytes",
        "name": "key",
        "type": "bytes"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "group",
        "type": "uint32"
      }
    ],
    "name": "pack",
    "outputs": [
      {
        "internalType": "address",
        "name": "blob",
        "type": "address"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "group",
        "type": "uint32"
      }
    ],
    "name": "packOf",
    "outputs": [
      {
        "internalType": "address",
        "name": "blob",
        "type": "address"
      },
      {
        "internalType": "uint16",
        "name": "keys",
        "type": "uint16"
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
        "internalType": "bytes",
        "name": "key",
        "type": "bytes"
      }
    ],
    "name": "possessionDigest",
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      },
      {
        "internalType": "bytes",
        "name": "key",
        "type": "bytes"
      },
      {
        "internalType": "bytes",
        "name": "proof",
        "type": "bytes"
      }
    ],
    "name": "register",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint32[]",
        "name": "numbers",
        "type": "uint32[]"
      }
    ],
    "name": "sumOf",
    "outputs": [
      {
        "internalType": "bytes",
        "name": "sum",
        "type": "bytes"
      }
    ],
    "stateMutability": "view",
    "type": "function"
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
        "internalType": "address",
        "name": "attestor",
        "type": "address"
      }
    ],
    "name": "InvalidPossession",
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
        "internalType": "uint32",
        "name": "group",
        "type": "uint32"
      }
    ],
    "name": "NothingToPack",
    "type": "error"
  }
] as const
