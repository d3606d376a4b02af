// Generated from contracts/interfaces/IDikastCallback.sol by scripts/abi.ts. Do not edit.
export const dikastCallbackAbi = [
  {
    "inputs": [
      {
        "internalType": "RequestId",
        "name": "requestId",
        "type": "bytes32"
      },
      {
        "internalType": "FunctionId",
        "name": "functionId",
        "type": "bytes32"
      },
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
    "name": "fulfillCompute",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  }
] as const
