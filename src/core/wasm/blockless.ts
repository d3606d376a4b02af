/**
 * The functions of the Blockless guest ABI a module may import, by namespace. All parameters and results are i32: a string is
 * a pointer and a length, the last parameters are where results go, and the function returns a code, 0 for success.
 *
 * They are offered under every profile: without a host session each call to the outside is denied, the same on every node.
 * `blockless_open` is published with and without options, and `bucket_create`, `bucket_list` came before `bucket_command`.
 * @module
 */
export const BLOCKLESS_NAMESPACES = {
  blockless_memory: { memory_read: [3], env_var_read: [3] },
  blockless_http: { http_req: [6], http_read_header: [6], http_read_body: [4], http_close: [1] },
  blockless_ipfs: { ipfs_command: [4], ipfs_read: [4], ipfs_write: [4], ipfs_close: [1] },
  blockless_s3: {
    bucket_command: [4],
    bucket_put_object: [4],
    bucket_create: [3],
    bucket_list: [3],
    s3_read: [4],
    s3_close: [1],
  },
  blockless_cgi: {
    cgi_list_exec: [1],
    cgi_list_read: [4],
    cgi_open: [3],
    cgi_stdout_read: [4],
    cgi_stderr_read: [4],
    cgi_stdin_write: [4],
    cgi_close: [1],
  },
  blockless_socket: { create_tcp_bind_socket: [3], tcp_connect: [3] },
  blockless_drivers: { blockless_open: [5, 3] },
  blockless_llm: {
    llm_set_model_request: [3],
    llm_get_model_response: [4],
    llm_set_model_options_request: [3],
    llm_get_model_options: [4],
    llm_prompt_request: [3],
    llm_read_prompt_response: [4],
    llm_close: [1],
  },
  bless: { rpc_call: [5] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>

export type BlocklessNamespace = keyof typeof BLOCKLESS_NAMESPACES
export type BlocklessFunction<N extends BlocklessNamespace> = keyof (typeof BLOCKLESS_NAMESPACES)[N]

export function isBlocklessNamespace(module: string): module is BlocklessNamespace {
  return Object.hasOwn(BLOCKLESS_NAMESPACES, module)
}

/** The signatures, `parameters>results`, a function may be imported with; undefined when there is none of that name. */
export function blocklessSignatures(module: string, name: string): readonly string[] | undefined {
  if (!isBlocklessNamespace(module)) return undefined
  const functions: Readonly<Record<string, readonly number[]>> = BLOCKLESS_NAMESPACES[module]
  if (!Object.hasOwn(functions, name)) return undefined
  return functions[name]?.map((parameters) => `${'i'.repeat(parameters)}>i`)
}
