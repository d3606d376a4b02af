/** Paths: opening, listing, linking, renaming and removing. @module */
import assert from 'node:assert/strict'
import {
  DIRECTORY_RIGHTS,
  ERRNO,
  FILE_RIGHTS,
  FILE_TYPE,
  RIGHT,
} from '../../../../../src/adapters/sandbox/wasi/abi.ts'
import { RESULT, ROOT_FD, SCRATCH } from '../../host.ts'
import {
  type Cases,
  CREATE,
  DIRECTORY,
  EXCLUSIVE,
  FOLLOW,
  READ_WRITE,
  refuses,
  type WasiGuest,
  withFiles,
} from './wasi-guest.ts'

const NONBLOCK = 4
const namesOf = (page: ReturnType<WasiGuest['list']>) => page.entries.map(({ name }) => name).sort()
/** All rights a directory has but those a later standard took back. */
const EXPECTED_OF_DIRECTORIES =
  DIRECTORY_RIGHTS &
  ~(RIGHT.fdstatSetFlags | RIGHT.fdSync | RIGHT.fdAdvise | RIGHT.poll | RIGHT.pathFilestatSetSize)
const LINK_RIGHTS = RIGHT.fdRead | RIGHT.fdFilestatGet

export const PATH_CASES: Cases = {
  'c/fdopendir-with-access': {
    says: 'lists a directory that was given, with the inodes its files have',
    options: withFiles(['dir/file-0', ''], ['dir/file-1', '']),
    check: (guest) => {
      const fd = guest.opened('dir', { flags: DIRECTORY, rights: DIRECTORY_RIGHTS, inheriting: FILE_RIGHTS })
      const files = guest.list(fd, 0n).entries.filter(({ name }) => !name.startsWith('.'))
      assert.deepEqual(files.map(({ name }) => name).sort(), ['file-0', 'file-1'])
      for (const { name, inode } of files) assert.equal(guest.statOf(`dir/${name}`).inode, inode)
      assert.equal(new Set(files.map(({ inode }) => inode)).size, 2)
    },
  },
  'rust/dangling_fd': {
    says: 'makes a file and a directory again after they were opened, closed and removed',
    check: (guest) => {
      guest.made('file')
      guest.closes(guest.opened('file'))
      guest.ok('path_unlink_file', 'file')
      guest.made('file')
      guest.ok('path_unlink_file', 'file')
      guest.ok('path_create_directory', 'dir')
      guest.closes(guest.opened('dir', { flags: DIRECTORY }))
      guest.ok('path_remove_directory', 'dir')
      guest.ok('path_create_directory', 'dir')
    },
  },
  'rust/dangling_symlink': {
    says: 'opens no link that leads nowhere, as a directory or as a file',
    check: (guest) => {
      assert.equal(guest.symlink('target', 'link'), 0)
      refuses(guest.openAt('link', { flags: DIRECTORY }), ERRNO.notdir, ERRNO.loop)
      refuses(guest.openAt('link'), ERRNO.loop)
      guest.ok('path_unlink_file', 'link')
    },
  },
  'rust/fd_readdir': {
    says: 'lists . and .. and every entry once, page by page from any cookie',
    check: (guest) => {
      const dir = guest.enter('dir')
      const empty = guest.list(dir, 0n)
      assert.ok(empty.last)
      assert.deepEqual(namesOf(empty), ['.', '..'])
      for (const { type } of empty.entries) assert.equal(type, FILE_TYPE.directory)
      assert.equal(empty.entries.find(({ name }) => name === '.')?.inode, guest.stat(dir).inode)
      guest.made('file')
      const one = guest.list(dir, 0n)
      assert.deepEqual(namesOf(one), ['.', '..', 'file'])
      const entry = one.entries.find(({ name }) => name === 'file')
      assert.deepEqual([entry?.type, entry?.inode], [FILE_TYPE.regularFile, guest.statOf('file').inode])
      const rest = guest.list(dir, one.entries[1]?.next ?? 0n)
      assert.deepEqual(namesOf(rest), [one.entries[2]?.name])
      guest.ok('path_unlink_file', 'file')
      for (let i = 0; i < 1000; i++) guest.made(`file.${i}`)
      let total = 0
      for (let cookie = 0n; ; ) {
        const { entries, last } = guest.list(dir, cookie)
        total += entries.length
        if (last) break
        cookie = entries.at(-1)?.next ?? assert.fail('an empty page that is not the last')
      }
      assert.equal(total, 1002)
    },
  },
  'rust/interesting_paths': {
    says: 'takes dots and slashes in a path, and refuses what is absolute, leaves or holds a NUL',
    check: (guest) => {
      guest.enter('scratch')
      guest.ok('path_create_directory', 'dir')
      guest.ok('path_create_directory', 'dir/nested')
      guest.made('dir/nested/file')
      refuses(guest.openAt('/dir/nested/file'), ERRNO.perm, ERRNO.notcapable)
      guest.closes(guest.opened('dir/.//nested/../../dir/nested/../nested///./file'))
      refuses(guest.openAt('dir/nested/file\0'), ERRNO.inval, ERRNO.ilseq, ERRNO.noent)
      refuses(guest.openAt('dir/nested/file/'), ERRNO.notdir, ERRNO.noent)
      refuses(guest.openAt('dir/nested/file///'), ERRNO.notdir, ERRNO.noent)
      guest.closes(guest.opened('dir/nested/'))
      guest.closes(guest.opened('dir/nested///'))
      refuses(guest.openAt('dir/nested/../../../scratch/dir/nested/file'), ERRNO.perm, ERRNO.notcapable)
    },
  },
  'rust/nofollow_errors': {
    says: 'opens a link only when it may follow it, and then what it leads to',
    check: (guest) => {
      guest.enter('dir')
      guest.ok('path_create_directory', 'target')
      assert.equal(guest.symlink('target', 'link'), 0)
      refuses(guest.openAt('link', { flags: DIRECTORY }), ERRNO.loop, ERRNO.notdir)
      refuses(guest.openAt('link'), ERRNO.loop, ERRNO.acces)
      guest.closes(guest.opened('link', { flags: DIRECTORY, follow: FOLLOW }))
      guest.ok('path_unlink_file', 'link')
      guest.ok('path_remove_directory', 'target')
      guest.made('target')
      assert.equal(guest.symlink('target', 'link'), 0)
      refuses(guest.openAt('link', { flags: DIRECTORY }), ERRNO.loop, ERRNO.notdir)
      refuses(guest.openAt('link'), ERRNO.loop)
      refuses(guest.openAt('link', { flags: DIRECTORY, follow: FOLLOW }), ERRNO.notdir)
    },
  },
  'rust/path_exists': {
    says: 'tells of directories, files and links, following a link or not',
    check: (guest) => {
      guest.enter('dir')
      const types = (path: string) => [guest.statOf(path).type, guest.statOf(path, FOLLOW).type]
      guest.ok('path_create_directory', 'sub')
      assert.deepEqual(types('sub'), [FILE_TYPE.directory, FILE_TYPE.directory])
      guest.made('sub/file')
      assert.deepEqual(types('sub/file'), [FILE_TYPE.regularFile, FILE_TYPE.regularFile])
      assert.equal(guest.symlink('sub/file', 'link1'), 0)
      assert.deepEqual(types('link1'), [FILE_TYPE.symbolicLink, FILE_TYPE.regularFile])
      assert.equal(guest.symlink('sub', 'link2'), 0)
      assert.deepEqual(types('link2'), [FILE_TYPE.symbolicLink, FILE_TYPE.directory])
    },
  },
  'rust/path_link': {
    says: 'gives a file another name, which is the same file, but never a directory and never over a name there is',
    check: (guest) => {
      const dir = guest.enter('dir')
      const fd = guest.opened('file', { flags: CREATE, rights: LINK_RIGHTS })
      const same = (name: string, where = dir) => {
        const linked = guest.opened(name, { rights: LINK_RIGHTS }, where)
        assert.deepEqual(guest.stat(linked), guest.stat(fd))
        assert.deepEqual(guest.fdStat(linked), guest.fdStat(fd))
        guest.closes(linked)
      }
      assert.equal(guest.link('file', 'link'), 0)
      same('link')
      guest.ok('path_unlink_file', 'link')
      guest.ok('path_create_directory', 'sub')
      const sub = guest.opened('sub', { flags: DIRECTORY, rights: DIRECTORY_RIGHTS, inheriting: FILE_RIGHTS })
      assert.equal(guest.link('file', 'link', { toDir: sub }), 0)
      same('link', sub)
      guest.made('link')
      refuses(guest.link('file', 'link'), ERRNO.exist)
      guest.ok('path_unlink_file', 'link')
      refuses(guest.link('file', 'file'), ERRNO.exist)
      guest.ok('path_create_directory', 'link')
      refuses(guest.link('file', 'link'), ERRNO.exist)
      guest.ok('path_remove_directory', 'link')
      refuses(guest.link('sub', 'link'), ERRNO.perm, ERRNO.acces)
      refuses(guest.link('file', 'link/'), ERRNO.noent)
      for (const target of ['target', 'symlink']) {
        // A link that leads nowhere, then one that leads to itself.
        assert.equal(guest.symlink(target, 'symlink'), 0)
        assert.equal(guest.link('symlink', 'link'), 0)
        refuses(guest.link('file', 'symlink'), ERRNO.exist)
        refuses(guest.link('symlink', 'other', { follow: FOLLOW }), ERRNO.inval, ERRNO.noent)
        guest.ok('path_unlink_file', 'symlink')
        guest.ok('path_unlink_file', 'link')
      }
    },
  },
  'rust/path_open_create_existing': {
    says: 'refuses to make a file that is there when it must be new',
    check: (guest) => {
      guest.enter('dir')
      guest.made('file')
      refuses(guest.openAt('file', { flags: CREATE | EXCLUSIVE }), ERRNO.exist)
    },
  },
  'rust/path_open_dirfd_not_dir': {
    says: 'opens nothing below a file',
    check: (guest) => {
      guest.enter('dir')
      const fd = guest.opened('file', { flags: CREATE })
      refuses(guest.openAt('foo', { flags: CREATE }, fd), ERRNO.notdir, ERRNO.notcapable)
    },
  },
  'rust/path_open_missing': {
    says: 'opens no file that is not there',
    check: (guest) => {
      guest.enter('dir')
      refuses(guest.openAt('file'), ERRNO.noent)
    },
  },
  'rust/path_open_nonblock': {
    says: 'opens a directory without blocking',
    check: (guest) => void guest.opened('.', { fdFlags: NONBLOCK }),
  },
  'rust/path_open_preopen': {
    says: 'opens a given directory again with any of its rights, but not for writing',
    check: (guest) => {
      assert.equal(guest.call('fd_prestat_get', ROOT_FD, RESULT), 0)
      assert.equal(guest.view.getUint8(RESULT), 0)
      const length = guest.u32(RESULT + 4)
      assert.equal(guest.call('fd_prestat_dir_name', ROOT_FD, SCRATCH, length), 0)
      assert.equal(guest.text(SCRATCH, length), '/')
      const { rights, inheriting } = guest.fdStat(ROOT_FD)
      assert.equal(rights & EXPECTED_OF_DIRECTORIES, EXPECTED_OF_DIRECTORIES)
      const all = EXPECTED_OF_DIRECTORIES | FILE_RIGHTS
      assert.equal(inheriting & all, all)
      guest.opened('.', { rights, inheriting })
      guest.opened('.')
      guest.opened('.', { flags: DIRECTORY })
      guest.opened('.', { flags: DIRECTORY, rights: RIGHT.fdRead })
      refuses(guest.openAt('.', { flags: DIRECTORY, rights: RIGHT.fdRead | RIGHT.fdWrite }), ERRNO.isdir)
    },
  },
  'rust/path_rename': {
    says: 'renames files over files and directories over empty ones, and nothing over the other kind',
    check: (guest) => {
      guest.enter('dir')
      const gone = (path: string, flags = 0) => refuses(guest.openAt(path, { flags }), ERRNO.noent)
      guest.ok('path_create_directory', 'source')
      assert.equal(guest.rename('source', 'target'), 0)
      gone('source', DIRECTORY)
      guest.closes(guest.opened('target', { flags: DIRECTORY }))
      guest.ok('path_create_directory', 'source')
      assert.equal(guest.rename('source', 'target'), 0, 'over an empty directory')
      gone('source', DIRECTORY)
      guest.ok('path_create_directory', 'source')
      guest.made('target/file')
      refuses(guest.rename('source', 'target'), ERRNO.notempty)
      refuses(guest.rename('source', 'target/file'), ERRNO.notdir)
      guest.ok('path_remove_directory', 'source')
      guest.ok('path_unlink_file', 'target/file')
      guest.ok('path_remove_directory', 'target')
      guest.made('source')
      assert.equal(guest.rename('source', 'target'), 0)
      gone('source')
      guest.closes(guest.opened('target'))
      guest.made('source')
      assert.equal(guest.rename('source', 'target'), 0, 'over a file')
      gone('source')
      guest.ok('path_unlink_file', 'target')
      guest.made('source')
      guest.ok('path_create_directory', 'target')
      refuses(guest.rename('source', 'target'), ERRNO.isdir)
    },
  },
  'rust/path_rename_dir_trailing_slashes': {
    says: 'renames a directory with a slash at the end of either name',
    check: (guest) => {
      guest.enter('dir')
      guest.ok('path_create_directory', 'source')
      assert.equal(guest.rename('source/', 'target'), 0)
      assert.equal(guest.rename('target', 'source/'), 0)
      assert.equal(guest.rename('source/', 'target/'), 0)
      assert.equal(guest.rename('target', 'source'), 0)
      guest.ok('path_remove_directory', 'source')
    },
  },
  'rust/path_symlink_trailing_slashes': {
    says: 'makes no link over a name there is, nor one whose name ends in a slash',
    check: (guest) => {
      guest.enter('dir')
      refuses(guest.symlink('source', 'target/'), ERRNO.noent)
      assert.equal(guest.symlink('source', 'target'), 0)
      guest.ok('path_unlink_file', 'target')
      guest.ok('path_create_directory', 'target')
      refuses(guest.symlink('source', 'target/'), ERRNO.exist)
      refuses(guest.symlink('source', 'target'), ERRNO.exist)
      guest.ok('path_remove_directory', 'target')
      guest.made('target')
      refuses(guest.symlink('source', 'target/'), ERRNO.notdir, ERRNO.exist)
      refuses(guest.symlink('source', 'target'), ERRNO.exist)
    },
  },
  'rust/readlink': {
    says: 'reads where a link leads, as much as the buffer takes',
    check: (guest) => {
      guest.enter('dir')
      guest.made('target')
      assert.equal(guest.symlink('target', 'link'), 0)
      const read = (size: number) => {
        const { at, length } = guest.put(SCRATCH, 'link')
        guest.put(SCRATCH + 64, '..........')
        assert.equal(guest.call('path_readlink', guest.dir, at, length, SCRATCH + 64, size, RESULT), 0)
        return [guest.u32(RESULT), guest.text(SCRATCH + 64, 10)]
      }
      assert.deepEqual(read(10), [6, 'target....'])
      assert.deepEqual(read(4), [4, 'targ......'])
    },
  },
  'rust/remove_directory_trailing_slashes': {
    says: 'removes a directory with or without a slash at its end, and never a file',
    check: (guest) => {
      guest.ok('path_create_directory', 'dir')
      guest.ok('path_remove_directory', 'dir')
      guest.ok('path_create_directory', 'dir')
      guest.ok('path_remove_directory', 'dir/')
      guest.made('file')
      refuses(guest.on('path_remove_directory', 'file'), ERRNO.notdir)
      refuses(guest.on('path_remove_directory', 'file/'), ERRNO.notdir)
    },
  },
  'rust/remove_nonempty_directory': {
    says: 'removes no directory that is not empty',
    check: (guest) => {
      guest.ok('path_create_directory', 'dir')
      guest.ok('path_create_directory', 'dir/nested')
      refuses(guest.on('path_remove_directory', 'dir'), ERRNO.notempty)
      guest.ok('path_remove_directory', 'dir/nested')
      guest.ok('path_remove_directory', 'dir')
    },
  },
  'rust/symlink_create': {
    says: 'makes links to files and directories, but none to an absolute path',
    check: (guest) => {
      guest.enter('dir')
      guest.made('file')
      guest.ok('path_create_directory', 'sub')
      assert.equal(guest.symlink('file', 'link1'), 0)
      guest.closes(guest.opened('link1', { follow: FOLLOW }))
      assert.equal(guest.symlink('sub', 'link2'), 0)
      guest.closes(guest.opened('link2', { follow: FOLLOW, flags: DIRECTORY }))
      assert.notEqual(guest.symlink('/', 'link3'), 0)
    },
  },
  'rust/symlink_filestat': {
    says: 'sets the times of a link or of what it leads to, as it is told',
    options: { clockNs: 1_700_000_000_000_000_000n },
    check: (guest) => {
      guest.enter('dir')
      guest.closes(guest.opened('file', { flags: CREATE, rights: READ_WRITE }))
      const file = guest.statOf('file')
      assert.equal(file.size, 0n)
      assert.equal(guest.symlink('file', 'link'), 0)
      const link = guest.statOf('link')
      assert.equal(guest.setTimes('link', 0, link.modified - 200n, 4), 0)
      assert.equal(guest.statOf('link').modified, link.modified - 200n)
      assert.equal(guest.statOf('file').modified, file.modified)
      assert.equal(guest.statOf('link', FOLLOW).modified, file.modified)
      assert.equal(guest.setTimes('link', FOLLOW, link.modified, 4), 0)
      assert.equal(guest.statOf('file').modified, link.modified)
    },
  },
  'rust/symlink_loop': {
    says: 'opens no link that leads to itself',
    check: (guest) => {
      guest.enter('dir')
      assert.equal(guest.symlink('link', 'link'), 0)
      refuses(guest.openAt('link'), ERRNO.loop)
      refuses(guest.openAt('link', { follow: FOLLOW }), ERRNO.loop)
      guest.ok('path_unlink_file', 'link')
    },
  },
  'rust/unlink_file_trailing_slashes': {
    says: 'unlinks a file, but no directory and no file with a slash at its end',
    check: (guest) => {
      guest.enter('dir')
      guest.ok('path_create_directory', 'sub')
      refuses(guest.on('path_unlink_file', 'sub'), ERRNO.isdir)
      refuses(guest.on('path_unlink_file', 'sub/'), ERRNO.isdir)
      guest.made('file')
      refuses(guest.on('path_unlink_file', 'file/'), ERRNO.notdir)
      guest.ok('path_unlink_file', 'file')
    },
  },
}
