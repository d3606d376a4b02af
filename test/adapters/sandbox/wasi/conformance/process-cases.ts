/** Arguments, environment, clocks, random bytes, streams and leaving. @module */
import assert from 'node:assert/strict'
import { ERRNO, FILE_TYPE, RIGHT } from '../../../../../src/adapters/sandbox/wasi/abi.ts'
import { RESULT, SCRATCH } from '../../host.ts'
import { type Cases, CREATE, refuses, type WasiGuest } from './wasi-guest.ts'

const MEBIBYTE = 1024 * 1024
const ARGS = ['test', 'first', 'the "second" arg', '3']
const ENV = [
  ['a', 'text'],
  ['b', 'escap " ing'],
  ['c', 'new\nline'],
] as const
const ENV_TEXTS = ENV.map(([name, value]) => `${name}=${value}`)
const bytesOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length + 1, 0)

type List = 'args' | 'environ'
const sizesOf = (guest: WasiGuest, list: List): readonly number[] => {
  assert.equal(guest.call(`${list}_sizes_get`, RESULT, RESULT + 4), 0)
  return [guest.u32(RESULT), guest.u32(RESULT + 4)]
}
const textsOf = (guest: WasiGuest, list: List): readonly string[] => {
  const [count = 0, bytes = 0] = sizesOf(guest, list)
  assert.equal(guest.call(`${list}_get`, SCRATCH, SCRATCH + 4096), 0)
  const end = SCRATCH + 4096 + bytes
  return Array.from({ length: count }, (_, i) => {
    const at = guest.u32(SCRATCH + 4 * i)
    return guest.text(at, end - at).split('\0')[0] ?? ''
  })
}
const clock = (guest: WasiGuest, id: number): bigint => {
  assert.equal(guest.call('clock_time_get', id, 1n, RESULT), 0)
  return guest.u64(RESULT)
}
const resolution = (guest: WasiGuest, id: number): bigint => {
  assert.equal(guest.call('clock_res_get', id, RESULT), 0)
  return guest.u64(RESULT)
}

export const PROCESS_CASES: Cases = {
  'assemblyscript/args_get-multiple-arguments': {
    says: 'gives every argument, ended by a NUL, where its pointer says',
    options: { args: ARGS },
    check: (guest) => assert.deepEqual(textsOf(guest, 'args'), ARGS),
  },
  'assemblyscript/args_sizes_get-multiple-arguments': {
    says: 'tells how many arguments there are and how many bytes they take with their ends',
    options: { args: ARGS },
    check: (guest) => assert.deepEqual(sizesOf(guest, 'args'), [4, bytesOf(ARGS)]),
  },
  'assemblyscript/args_sizes_get-no-arguments': {
    says: 'tells of the program’s name alone when there are no arguments',
    options: { args: ['test'] },
    check: (guest) => assert.deepEqual(sizesOf(guest, 'args'), [1, 5]),
  },
  'assemblyscript/environ_get-multiple-variables': {
    says: 'gives every variable as name=value, with quotes and line ends in it',
    options: { env: ENV },
    check: (guest) => assert.deepEqual(textsOf(guest, 'environ'), ENV_TEXTS),
  },
  'assemblyscript/environ_sizes_get-multiple-variables': {
    says: 'tells how many variables there are and how many bytes they take with their ends',
    options: { env: ENV },
    check: (guest) => assert.deepEqual(sizesOf(guest, 'environ'), [3, bytesOf(ENV_TEXTS)]),
  },
  'assemblyscript/environ_sizes_get-no-variables': {
    says: 'tells of no variables and no bytes when the environment is empty',
    check: (guest) => assert.deepEqual(sizesOf(guest, 'environ'), [0, 0]),
  },
  'assemblyscript/fd_write-to-invalid-fd': {
    says: 'refuses to write to a descriptor that is not open',
    check: (guest) => assert.equal(guest.write(99, 'hello'), ERRNO.badf),
  },
  'assemblyscript/fd_write-to-stdout': {
    says: 'writes to standard output and tells how much',
    check: (guest) => {
      guest.writes(1, 'hello')
      assert.equal(new TextDecoder().decode(guest.world.output.bytes()), 'hello')
    },
  },
  'assemblyscript/proc_exit-failure': {
    says: 'ends the run with the exit code it is given',
    check: (guest) => assert.equal(guest.call('proc_exit', 33), 'end 0x21'),
  },
  'assemblyscript/proc_exit-success': {
    says: 'ends the run with exit code 0',
    check: (guest) => assert.equal(guest.call('proc_exit', 0), 'end 0x0'),
  },
  'assemblyscript/random_get-non-zero-length': {
    says: 'fills a buffer with random bytes and nothing beside it',
    check: (guest) => {
      guest.put(SCRATCH, new Uint8Array(64))
      assert.equal(guest.call('random_get', SCRATCH + 8, 32), 0)
      const bytes = guest.bytes(SCRATCH, 64)
      assert.ok(bytes.slice(8, 40).some((byte) => byte !== 0))
      assert.ok([...bytes.slice(0, 8), ...bytes.slice(40)].every((byte) => byte === 0))
    },
  },
  'assemblyscript/random_get-zero-length': {
    says: 'leaves memory alone when no random bytes are asked for',
    check: (guest) => {
      guest.put(SCRATCH, new Uint8Array(8))
      assert.equal(guest.call('random_get', SCRATCH, 0), 0)
      assert.equal(guest.u64(SCRATCH), 0n)
    },
  },
  'c/clock_getres-monotonic': {
    says: 'has a resolution for the monotonic clock',
    check: (guest) => assert.ok(resolution(guest, 1) > 0n),
  },
  'c/clock_getres-realtime': {
    says: 'has a resolution for the realtime clock',
    check: (guest) => assert.ok(resolution(guest, 0) > 0n),
  },
  'c/clock_gettime-monotonic': {
    says: 'never turns the monotonic clock back',
    check: (guest) => {
      const first = clock(guest, 1)
      assert.ok(clock(guest, 1) >= first)
    },
  },
  'c/clock_gettime-realtime': {
    says: 'tells the time of day',
    options: { clockNs: 1_700_000_000_000_000_000n },
    check: (guest) => assert.ok(clock(guest, 0) >= 1_700_000_000_000_000_000n),
  },
  'c/sock_shutdown-invalid_fd': {
    says: 'refuses to shut down a descriptor that is not open',
    check: (guest) => assert.equal(guest.call('sock_shutdown', 99, 1), ERRNO.badf),
  },
  'c/sock_shutdown-not_sock': {
    says: 'refuses to shut down what is no socket',
    check: (guest) => assert.equal(guest.call('sock_shutdown', 1, 1), ERRNO.notsock),
  },
  'rust/big_random_buf': {
    says: 'fills a buffer larger than a page’s worth of random bytes',
    check: (guest) => {
      guest.memory.grow(MEBIBYTE / 65_536)
      assert.equal(guest.call('random_get', 65_536, MEBIBYTE), 0)
      assert.ok(
        guest
          .bytes(65_536, MEBIBYTE)
          .slice(-1024)
          .some((byte) => byte !== 0),
      )
    },
  },
  'rust/clock_time_get': {
    says: 'reads the monotonic clock at any precision, never backwards',
    check: (guest) => {
      const read = (precision: bigint) => {
        assert.equal(guest.call('clock_time_get', 1, precision, RESULT), 0)
        return guest.u64(RESULT)
      }
      const first = read(1n)
      assert.ok(first <= read(0n))
    },
  },
  'rust/isatty': {
    says: 'makes no file look like a terminal',
    check: (guest) => {
      const fd = guest.opened('file', { flags: CREATE })
      // A terminal is a character device that can neither seek nor tell.
      assert.notEqual(guest.fdStat(fd).type, FILE_TYPE.characterDevice)
    },
  },
  'rust/poll_oneoff_stdio': {
    says: 'finds standard streams ready, or the clock that was asked for at its end',
    check: (guest) => {
      const CLOCK = 0x0123_45678n
      const STDIN = 0x8765_43210n
      const events = guest.poll(
        { userdata: CLOCK, type: 0, timeout: 200_000_000n },
        { userdata: STDIN, type: 1, fd: 0 },
      )
      assert.ok(events.length >= 1)
      for (const { userdata, errno, type } of events)
        assert.deepEqual([errno, userdata], [0, type === 0 ? CLOCK : STDIN])
      const pending = new Map([
        [1n, 1],
        [2n, 2],
      ])
      while (pending.size > 0) {
        const writable = [...pending].map(([userdata, fd]) => ({ userdata, type: 2, fd }))
        for (const { userdata, errno, type } of guest.poll(...writable, {
          userdata: CLOCK,
          type: 0,
          timeout: 1n,
        })) {
          assert.deepEqual([errno, type, pending.delete(userdata)], [0, 2, true])
        }
      }
    },
  },
  'rust/sched_yield': {
    says: 'yields and goes on',
    check: (guest) => assert.equal(guest.call('sched_yield'), 0),
  },
  'rust/stdio': {
    says: 'moves each standard stream onto the number of an open file',
    check: (guest) => {
      for (const stream of [0, 1, 2]) {
        const fd = guest.opened('file', { flags: CREATE })
        assert.equal(guest.call('fd_renumber', stream, fd), 0)
        assert.equal(guest.fdStat(fd).type, FILE_TYPE.characterDevice)
        assert.equal(guest.fdStat(fd).rights & RIGHT.fdSeek, 0n)
        refuses(guest.call('fd_fdstat_get', stream, RESULT), ERRNO.badf)
        guest.ok('path_unlink_file', 'file')
      }
    },
  },
}
