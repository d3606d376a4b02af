/**
 * The functions a module may import: WASI preview 1, under its two module names.
 *
 * `wasi_unstable` has the same functions but `sock_accept`; its `whence` values, `filestat` and `subscription` layouts
 * differ, which is the host's business.
 * @module
 */
export type WasiDialect = 'wasi_snapshot_preview1' | 'wasi_unstable'

/** Parameters, `i` for i32 and `I` for i64. Every function returns an i32 errno but `proc_exit`. */
export const WASI_PARAMETERS = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_dir_name: 'iii',
  fd_prestat_get: 'ii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  random_get: 'ii',
  sched_yield: '',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
} as const satisfies Readonly<Record<string, string>>

export type WasiFunction = keyof typeof WASI_PARAMETERS

/** `parameters>results` of a WASI function, or undefined when there is none of that name. */
export function wasiSignature(module: string, name: string): string | undefined {
  if (module !== 'wasi_snapshot_preview1' && module !== 'wasi_unstable') return undefined
  if (!Object.hasOwn(WASI_PARAMETERS, name)) return undefined
  if (name === 'sock_accept' && module === 'wasi_unstable') return undefined
  const parameters = WASI_PARAMETERS[name as WasiFunction]
  return name === 'proc_exit' ? `${parameters}>` : `${parameters}>i`
}
