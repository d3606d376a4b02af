// Generated from contracts/interfaces/IPoseidonTables.sol by scripts/abi.ts. Do not edit.
export const poseidonTablesAbi = [
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "uint256",
        "name": "width",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "address",
        "name": "table",
        "type": "address"
      }
    ],
    "name": "PoseidonTableWritten",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "width",
        "type": "uint256"
      }
    ],
    "name": "tableOf",
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
        "internalType": "uint256",
        "name": "width",
        "type": "uint256"
      },
      {
        "internalType": "bytes",
        "name": "table",
        "type": "bytes"
      }
    ],
    "name": "write",
    "outputs": [
      {
        "internalType": "address",
        "name": "",
        "type": "address"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "width",
        "type": "uint256"
      }
    ],
    "name": "PoseidonTableKnown",
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
    "name": "WrongPoseidonTable",
    "type": "error"
  }
] as const
