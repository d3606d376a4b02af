// Generated from contracts/interfaces/IProofVerifier.sol by scripts/abi.ts. Do not edit.
export const proofVerifierAbi = [
  {
    "inputs": [
      {
        "internalType": "bytes",
        "name": "input",
        "type": "bytes"
      }
    ],
    "name": "checkInput",
    "outputs": [],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "shape",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "outputs",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "inputs",
        "type": "uint256"
      },
      {
        "internalType": "bool",
        "name": "bound",
        "type": "bool"
      },
      {
        "internalType": "bool",
        "name": "ceremony",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes",
        "name": "publicInputs",
        "type": "bytes"
      },
      {
        "internalType": "uint256[]",
        "name": "bindings",
        "type": "uint256[]"
      },
      {
        "internalType": "bytes",
        "name": "proofs",
        "type": "bytes"
      }
    ],
    "name": "verify",
    "outputs": [],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes",
        "name": "publicInputs",
        "type": "bytes"
      },
      {
        "internalType": "uint256[]",
        "name": "bindings",
        "type": "uint256[]"
      },
      {
        "internalType": "bytes",
        "name": "proofs",
        "type": "bytes"
      }
    ],
    "name": "verifyEach",
    "outputs": [
      {
        "internalType": "bool[]",
        "name": "holds",
        "type": "bool[]"
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
        "internalType": "string",
        "name": "field",
        "type": "string"
      }
    ],
    "name": "InvalidKey",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "InvalidProof",
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
  }
] as const
