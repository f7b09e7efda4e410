import { execFileSync } from 'node:child_process';

/**
 * What is in a tree, in the words of find(1) and of Python, a line for each: what kind, permissions, owner, size, names,
 * time, name, where it leads, its extended attributes and a sum of its content. @param owner changes `UID:GID`
 */
export function listTree(directory: string, owner: (ids: string) => string = (ids) => ids): string[] {
  const format = '%y %m %U:%G %s %n %T@ %P -> %l\\n';
  const found = execFileSync('find', ['.', '-printf', format], { cwd: directory, encoding: 'latin1' });
  const attributes = execFileSync('python3', ['-c', PYTHON], { cwd: directory, encoding: 'latin1' });
  return [
    ...found.split('\n').map((line) => {
      const [type, mode, ids = '', size, ...rest] = line.split(' ');
      // How long a directory is says how much was once in it.
      return [type, mode, owner(ids), type === 'd' ? '-' : size, ...rest].join(' ');
    }),
    ...attributes.split('\n'),
  ].sort();
}

const PYTHON = `
import hashlib, os, stat, sys
for base, directories, files in os.walk(b'.'):
    for path in [base] + [os.path.join(base, name) for name in files]:
        out = []
        mode = os.lstat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, 'rb') as file: out.append(hashlib.file_digest(file, 'sha1').hexdigest().encode())
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            out += sorted(os.fsencode(name) + b'=' + os.getxattr(path, name).hex().encode()
                for name in os.listxattr(path) if name.startswith('user.') or name.startswith('system.posix_acl'))
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode): out.append(b'device %x' % os.lstat(path).st_rdev)
        if out: sys.stdout.buffer.write(path + b': ' + b' '.join(out) + b'\\n')
`;

/** Runs a Python program in a directory: it makes what is awkward to make otherwise. */
export function python(directory: string, program: string): void {
  execFileSync('python3', ['-c', program], { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
}
