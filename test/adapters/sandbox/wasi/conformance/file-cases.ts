/** Open files: contents, positions, sizes, times, rights and their numbers. @module */
import assert from 'node:assert/strict'
import {
  DIRECTORY_RIGHTS,
  ERRNO,
  FD_APPEND,
  FILE_TYPE,
  RIGHT,
} from '../../../../../src/adapters/sandbox/wasi/abi.ts'
import { RESULT, ROOT_FD, SCRATCH } from '../../host.ts'
import {
  type Cases,
  CREATE,
  DIRECTORY,
  READ_WRITE,
  refuses,
  TRUNCATE,
  type WasiGuest,
  withFiles,
} from './wasi-guest.ts'

const SET_TIMES = RIGHT.fdFilestatSetTimes
const SYNC = 16
const [START, CURRENT, END] = [0, 1, 2]
const NOT_FOR_DIRECTORIES = [ERRNO.isdir, ERRNO.badf, ERRNO.notcapable]

/** A fresh file, open with these rights. */
const file = (guest: WasiGuest, rights = READ_WRITE, fdFlags = 0) =>
  guest.opened('file', { flags: CREATE, rights, fdFlags })

export const FILE_CASES: Cases = {
  'c/fopen-with-access': {
    says: 'reads a file of a directory that was given',
    options: withFiles(['file', 'contents']),
    check: (guest) => assert.equal(guest.read(guest.opened('file', { rights: READ_WRITE }), 100), 'contents'),
  },
  'c/fopen-with-no-access': {
    says: 'has no directory to open anything in when none was given',
    options: { directories: [] },
    check: (guest) => {
      assert.equal(guest.call('fd_prestat_get', ROOT_FD, RESULT), ERRNO.badf)
      refuses(guest.openAt('fs-tests.dir/file'), ERRNO.badf, ERRNO.notcapable)
    },
  },
  'c/lseek': {
    says: 'moves in a file as it is read, and by seeking from its start and end',
    options: withFiles(['lseek.txt', '01234567']),
    check: (guest) => {
      const fd = guest.opened('lseek.txt', { rights: READ_WRITE & ~RIGHT.fdWrite })
      assert.equal(guest.read(fd, 4), '0123')
      assert.equal(guest.seeks(fd, 0n, CURRENT), 4n)
      assert.equal(guest.read(fd, 1), '4')
      assert.equal(guest.seeks(fd, 0n, CURRENT), 5n)
      assert.equal(guest.seeks(fd, 0n, START), 0n)
      assert.equal(guest.seeks(fd, 0n, END), 8n)
    },
  },
  'c/pread-with-access': {
    says: 'reads at a place without moving',
    options: withFiles(['pread.txt', 'test-file-content']),
    check: (guest) => {
      const fd = guest.opened('pread.txt', { rights: READ_WRITE & ~RIGHT.fdWrite })
      assert.equal(guest.preads(fd, 2n, 6), 'st-fil')
      assert.equal(guest.tells(fd), 0n)
    },
  },
  'c/pwrite-with-access': {
    says: 'writes at a place without moving',
    check: (guest) => {
      const fd = file(guest)
      guest.pwrites(fd, 0n, 'abcd')
      guest.pwrites(fd, 2n, 'xy')
      assert.equal(guest.tells(fd), 0n)
      assert.equal(guest.preads(fd, 0n, 10), 'abxy')
    },
  },
  'c/pwrite-with-append': {
    says: 'appends whatever its position is, and a write at a place moves nothing',
    check: (guest) => {
      const fd = guest.opened('file', { flags: CREATE | TRUNCATE, rights: READ_WRITE, fdFlags: FD_APPEND })
      guest.writes(fd, 'ab')
      assert.equal(guest.seeks(fd, 0n, START), 0n)
      guest.writes(fd, 'cd')
      assert.equal(guest.seeks(fd, 0n, CURRENT), 4n)
      guest.pwrites(fd, 0n, 'xyz')
      assert.equal(guest.seeks(fd, 0n, CURRENT), 4n)
      assert.ok([4n, 7n].includes(guest.seeks(fd, 0n, END)))
    },
  },
  'c/stat-dev-ino': {
    says: 'tells two files of one directory apart by device and inode',
    options: withFiles(['file', ''], ['lseek.txt', '']),
    check: (guest) => {
      const a = guest.stat(guest.opened('file', { rights: READ_WRITE & ~RIGHT.fdWrite }))
      const b = guest.stat(guest.opened('lseek.txt', { rights: READ_WRITE & ~RIGHT.fdWrite }))
      assert.equal(a.device, b.device)
      assert.notEqual(a.inode, b.inode)
    },
  },
  'rust/close_preopen': {
    says: 'closes the directory it was given and keeps what was opened through it',
    check: (guest) => {
      const fd = guest.opened('.', { flags: DIRECTORY, rights: DIRECTORY_RIGHTS })
      guest.closes(ROOT_FD)
      assert.equal(guest.fdStat(fd).type, FILE_TYPE.directory)
      assert.equal(guest.call('fd_fdstat_get', ROOT_FD, RESULT), ERRNO.badf)
    },
  },
  'rust/dir_fd_op_failures': {
    says: 'refuses to read, write, seek, tell, allocate or resize a directory',
    check: (guest) => {
      const fd = guest.opened('.', { flags: DIRECTORY, rights: DIRECTORY_RIGHTS })
      assert.equal(guest.stat(fd).type, FILE_TYPE.directory)
      assert.equal(guest.call('fd_prestat_get', ROOT_FD, RESULT), 0)
      const length = guest.u32(RESULT + 4)
      refuses(guest.call('fd_prestat_dir_name', ROOT_FD, SCRATCH, 0), ERRNO.inval, ERRNO.nametoolong)
      assert.equal(guest.call('fd_prestat_dir_name', ROOT_FD, SCRATCH, length + 1), 0)
      guest.view.setUint32(SCRATCH, SCRATCH + 64, true)
      guest.view.setUint32(SCRATCH + 4, 128, true)
      refuses(guest.call('fd_read', fd, SCRATCH, 1, RESULT), ...NOT_FOR_DIRECTORIES)
      refuses(guest.call('fd_pread', fd, SCRATCH, 1, 0n, RESULT), ...NOT_FOR_DIRECTORIES)
      refuses(guest.call('fd_write', fd, SCRATCH, 1, RESULT), ...NOT_FOR_DIRECTORIES)
      refuses(guest.call('fd_pwrite', fd, SCRATCH, 1, 0n, RESULT), ...NOT_FOR_DIRECTORIES)
      for (const whence of [START, CURRENT, END])
        refuses(guest.call('fd_seek', fd, 0n, whence, RESULT), ...NOT_FOR_DIRECTORIES)
      refuses(guest.call('fd_tell', fd, RESULT), ...NOT_FOR_DIRECTORIES)
      refuses(guest.call('fd_allocate', fd, 0n, 1n), ...NOT_FOR_DIRECTORIES)
      refuses(guest.call('fd_filestat_set_size', fd, 0n), ERRNO.inval, ...NOT_FOR_DIRECTORIES)
    },
  },
  'rust/directory_seek': {
    says: 'refuses to seek in a directory, which has no right to be sought in',
    check: (guest) => {
      guest.ok('path_create_directory', 'dir')
      const fd = guest.opened('dir', { flags: DIRECTORY })
      refuses(guest.call('fd_seek', fd, 0n, CURRENT, RESULT), ...NOT_FOR_DIRECTORIES)
      const { type, rights } = guest.fdStat(fd)
      assert.deepEqual([type, rights & RIGHT.fdSeek], [FILE_TYPE.directory, 0n])
    },
  },
  'rust/fd_advise': {
    says: 'takes advice about a file without a change to it, and may refuse to allocate',
    check: (guest) => {
      const fd = file(guest, READ_WRITE | RIGHT.fdAdvise | RIGHT.fdAllocate | RIGHT.fdFilestatSetSize)
      assert.equal(guest.stat(fd).size, 0n)
      assert.equal(guest.call('fd_filestat_set_size', fd, 100n), 0)
      assert.equal(guest.stat(fd).size, 100n)
      assert.equal(guest.call('fd_advise', fd, 10n, 50n, 0), 0)
      assert.equal(guest.stat(fd).size, 100n)
      const allocated = guest.call('fd_allocate', fd, 100n, 100n)
      refuses(allocated, 0, ERRNO.notsup)
      assert.equal(guest.stat(fd).size, allocated === 0 ? 200n : 100n)
      guest.closes(fd)
      guest.ok('path_unlink_file', 'file')
    },
  },
  'rust/fd_fdstat_set_rights': {
    says: 'gives rights up for good',
    check: (guest) => {
      guest.enter('dir')
      const fd = file(guest)
      guest.writes(fd, 'abcd')
      guest.seeks(fd, 0n, START)
      assert.equal(guest.read(fd, 4), 'abcd')
      const given = RIGHT.fdRead | RIGHT.fdWrite
      const before = guest.fdStat(fd)
      assert.equal(guest.call('fd_fdstat_set_rights', fd, before.rights & ~given, before.inheriting), 0)
      const after = guest.fdStat(fd)
      assert.deepEqual([after.rights & given, after.rights & RIGHT.fdSeek], [0n, RIGHT.fdSeek])
      refuses(guest.write(fd, 'x'), ERRNO.badf, ERRNO.notcapable)
      assert.match(guest.read(fd, 1), new RegExp(`^errno (${ERRNO.badf}|${ERRNO.notcapable})$`))
      assert.equal(
        guest.call('fd_fdstat_set_rights', fd, before.rights, before.inheriting | given),
        ERRNO.notcapable,
      )
    },
  },
  'rust/fd_filestat_set': {
    says: 'sets a file’s size and its times, each without the others',
    options: { clockNs: 1_700_000_000_000_000_000n },
    check: (guest) => {
      const fd = file(guest, READ_WRITE | RIGHT.fdFilestatSetSize | SET_TIMES)
      assert.equal(guest.stat(fd).size, 0n)
      assert.equal(guest.call('fd_filestat_set_size', fd, 100n), 0)
      const before = guest.stat(fd)
      assert.equal(before.size, 100n)
      const modified = before.modified - 100n
      assert.equal(guest.call('fd_filestat_set_times', fd, modified, modified, 4), 0)
      const after = guest.stat(fd)
      assert.deepEqual([after.size, after.modified, after.accessed], [100n, modified, before.accessed])
    },
  },
  'rust/fd_flags_set': {
    says: 'appends until told not to, then writes where it stands',
    check: (guest) => {
      const fd = file(guest, READ_WRITE | RIGHT.fdstatSetFlags, FD_APPEND)
      guest.writes(fd, 'a'.repeat(100))
      guest.seeks(fd, 0n, START)
      assert.equal(guest.read(fd, 100), 'a'.repeat(100))
      guest.seeks(fd, 0n, START)
      guest.writes(fd, 'b'.repeat(100))
      guest.seeks(fd, 100n, START)
      assert.equal(guest.read(fd, 100), 'b'.repeat(100))
      assert.equal(guest.call('fd_fdstat_set_flags', fd, 0), 0)
      guest.seeks(fd, 0n, START)
      guest.writes(fd, 'c'.repeat(100))
      guest.seeks(fd, 0n, START)
      assert.equal(guest.read(fd, 100), 'c'.repeat(100))
      guest.closes(fd)
      assert.equal(guest.statOf('file').size, 200n)
    },
  },
  'rust/file_allocate': {
    says: 'allocates what is missing of a file, or says that it cannot',
    check: (guest) => {
      guest.enter('dir')
      const fd = file(guest, READ_WRITE | RIGHT.fdAllocate)
      const sizes: bigint[] = []
      const answers = (
        [
          [0n, 100n],
          [10n, 10n],
          [90n, 20n],
        ] as const
      ).map(([offset, length]) => {
        const answer = guest.call('fd_allocate', fd, offset, length)
        sizes.push(guest.stat(fd).size)
        return answer
      })
      if (answers[0] === 0)
        assert.deepEqual(
          [answers, sizes],
          [
            [0, 0, 0],
            [100n, 100n, 110n],
          ],
        )
      else assert.deepEqual([answers[0], sizes], [ERRNO.notsup, [0n, 0n, 0n]])
      guest.closes(fd)
      guest.ok('path_unlink_file', 'file')
    },
  },
  'rust/file_pread_pwrite': {
    says: 'reads and writes at a place through several buffers, up to the file’s end',
    check: (guest) => {
      guest.enter('dir')
      const fd = file(guest)
      guest.pwrites(fd, 0n, '0123')
      assert.equal(guest.preads(fd, 0n, 4), '0123')
      guest.pwrites(fd, 0n, '45', '67')
      assert.equal(guest.preads(fd, 0n, 2, 2), '4567')
      assert.equal(guest.preads(fd, 4n, 2, 2), '')
      assert.equal(guest.preads(fd, 2n, 4), '67')
      guest.pwrites(fd, 2n, '89')
      assert.equal(guest.preads(fd, 0n, 4), '4589')
    },
  },
  'rust/file_seek_tell': {
    says: 'seeks anywhere but before the start, also beyond the end',
    check: (guest) => {
      guest.enter('dir')
      const fd = file(guest)
      assert.equal(guest.tells(fd), 0n)
      guest.writes(fd, 'x'.repeat(100))
      assert.equal(guest.tells(fd), 100n)
      assert.equal(guest.seeks(fd, -50n, CURRENT), 50n)
      assert.equal(guest.seeks(fd, 0n, START), 0n)
      assert.equal(guest.seeks(fd, 1000n, CURRENT), 1000n)
      assert.equal(guest.call('fd_seek', fd, -2000n, CURRENT, RESULT), ERRNO.inval)
      guest.seeks(fd, 0n, START)
      assert.equal(guest.read(fd, 100).length, 100)
      assert.equal(guest.tells(fd), 100n)
    },
  },
  'rust/file_truncation': {
    says: 'empties a file that is opened to be truncated',
    check: (guest) => {
      guest.enter('dir')
      const fd = file(guest, RIGHT.fdWrite)
      guest.writes(fd, 'this will be gone')
      guest.closes(fd)
      const again = guest.opened('file', { flags: CREATE | TRUNCATE, rights: RIGHT.fdWrite | RIGHT.fdRead })
      assert.equal(guest.read(again, 100), '')
    },
  },
  'rust/file_unbuffered_write': {
    says: 'shows through one descriptor what another wrote',
    check: (guest) => {
      guest.enter('dir')
      const reader = file(guest, RIGHT.fdRead)
      const writer = guest.opened('file', { rights: RIGHT.fdWrite })
      guest.writes(writer, 'x')
      assert.equal(guest.read(reader, 1), 'x')
    },
  },
  'rust/fstflags_validate': {
    says: 'refuses a time that is to be both given and now',
    check: (guest) => {
      const fd = file(guest, RIGHT.fdRead | SET_TIMES)
      assert.equal(guest.call('fd_filestat_set_times', fd, 100n, 200n, 4 | 8), ERRNO.inval)
      assert.equal(guest.call('fd_filestat_set_times', fd, 100n, 200n, 1 | 2), ERRNO.inval)
    },
  },
  'rust/overwrite_preopen': {
    says: 'puts another directory in the place of the one it was given',
    check: (guest) => {
      const fd = guest.enter('dir')
      const { device, inode } = guest.stat(fd)
      assert.equal(guest.call('fd_renumber', fd, ROOT_FD), 0)
      const now = guest.stat(ROOT_FD)
      assert.deepEqual([now.device, now.inode], [device, inode])
      assert.equal(guest.call('fd_fdstat_get', fd, RESULT), ERRNO.badf)
    },
  },
  'rust/path_open_read_write': {
    says: 'opens a file for reading, for writing or for both, and lends no other right',
    check: (guest) => {
      guest.made('file')
      const reader = guest.opened('file', { rights: RIGHT.fdRead })
      assert.equal(guest.fdStat(reader).rights & (RIGHT.fdRead | RIGHT.fdWrite), RIGHT.fdRead)
      assert.equal(guest.read(reader, 100), '')
      refuses(guest.write(reader, 'x'), ERRNO.badf, ERRNO.notcapable, ERRNO.acces)
      const writer = guest.opened('file', { rights: RIGHT.fdWrite })
      assert.equal(guest.fdStat(writer).rights & (RIGHT.fdRead | RIGHT.fdWrite), RIGHT.fdWrite)
      assert.match(
        guest.read(writer, 100),
        new RegExp(`^errno (${ERRNO.badf}|${ERRNO.notcapable}|${ERRNO.acces})$`),
      )
      guest.writes(writer, 'a'.repeat(50))
      const both = guest.opened('file', { rights: READ_WRITE })
      assert.equal(guest.fdStat(both).rights & (RIGHT.fdRead | RIGHT.fdWrite), RIGHT.fdRead | RIGHT.fdWrite)
      assert.equal(guest.read(both, 100), 'a'.repeat(50))
      guest.writes(both, 'b'.repeat(25))
      assert.equal(guest.stat(both).size, 75n)
    },
  },
  'rust/renumber': {
    says: 'moves a descriptor with all it is onto another open one, never onto a closed one',
    check: (guest) => {
      guest.enter('dir')
      const rights = RIGHT.fdRead | RIGHT.fdWrite
      const from = guest.opened('file1', { flags: CREATE, rights })
      const before = guest.fdStat(from)
      const to = guest.opened('file2', { flags: CREATE, rights })
      assert.equal(guest.call('fd_renumber', from, to), 0)
      assert.equal(guest.call('fd_close', from), ERRNO.badf)
      assert.deepEqual(guest.fdStat(to), before)
      assert.equal(guest.call('fd_renumber', to, from), ERRNO.badf)
      guest.closes(to)
    },
  },
  'rust/truncation_rights': {
    says: 'truncates by path only with the right to, which is not the right to resize a descriptor',
    check: (guest) => {
      const dir = guest.enter('dir')
      guest.made('file')
      const { type, flags, rights, inheriting } = guest.fdStat(dir)
      assert.deepEqual([type, flags, rights & RIGHT.fdFilestatSetSize], [FILE_TYPE.directory, 0, 0n])
      assert.notEqual(rights & RIGHT.pathFilestatSetSize, 0n)
      guest.closes(guest.opened('file', { flags: TRUNCATE }))
      const less = inheriting & ~RIGHT.fdFilestatSetSize
      assert.equal(guest.call('fd_fdstat_set_rights', dir, rights, less), 0)
      guest.closes(guest.opened('file', { flags: TRUNCATE }))
      assert.equal(guest.call('fd_fdstat_set_rights', dir, rights & ~RIGHT.pathFilestatSetSize, less), 0)
      assert.equal(guest.fdStat(dir).rights & RIGHT.pathFilestatSetSize, 0n)
      refuses(guest.openAt('file', { flags: TRUNCATE }), ERRNO.perm, ERRNO.notcapable)
    },
  },
  'rust/path_filestat': {
    says: 'keeps the flags a file was opened with, and sets its times by path',
    options: { clockNs: 1_700_000_000_000_000_000n },
    check: (guest) => {
      const dir = guest.enter('dir')
      assert.notEqual(guest.fdStat(dir).rights & RIGHT.pathFilestatGet, 0n)
      const rights = RIGHT.fdRead | RIGHT.fdWrite | RIGHT.pathFilestatGet
      const fdFlags = FD_APPEND | SYNC
      const fd = guest.opened('file', { flags: CREATE, rights, fdFlags })
      assert.equal(guest.fdStat(fd).flags & fdFlags, fdFlags)
      const { size, modified } = guest.statOf('file')
      assert.equal(size, 0n)
      assert.equal(guest.setTimes('file', 0, modified - 100n, 4), 0)
      assert.equal(guest.statOf('file').modified, modified - 100n)
      assert.equal(guest.setTimes('file', 0, modified - 100n, 4 | 8), ERRNO.inval)
      assert.equal(guest.statOf('file').modified, modified - 100n)
      assert.equal(guest.setTimes('file', 0, 0n, 1 | 2), ERRNO.inval)
    },
  },
}
