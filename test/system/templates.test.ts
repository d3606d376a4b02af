/** The templates whose compilers are Debian packages, and the one that is linked from npm packages. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { describeTemplate } from '../apps/cli/support/function-life.ts'
import { ROOT, runProcess } from '../apps/cli/support/run.ts'

describeTemplate('c', 'src/main.c', (text) => text.replace('(count - 1) / 2', 'count / 2'))
describeTemplate('rust', 'src/main.rs', (text) =>
  text.replace('(numbers.len() - 1) / 2', 'numbers.len() / 2'),
)
describeTemplate('javascript', 'src/index.js', (text) =>
  text.replace('(numbers.length - 1) >> 1', 'numbers.length >> 1'),
)

describe('a function in JavaScript that does not answer', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'dikast-js-'))
  after(() => rmSync(scratch, { recursive: true, force: true }))
  const dikast = (...args: readonly string[]) => runProcess(args, { cwd: scratch, timeoutMs: 240_000 })
  const cases: readonly (readonly [string, string, number, RegExp])[] = [
    ['throws', 'export default () => { throw new TypeError("boom") }', 1, /^TypeError: boom\n.*at default/],
    ['never settles', 'export default () => new Promise(() => {})', 1, /never settles/],
    ['is no program', 'export default ( => 1', 1, /^SyntaxError: /],
    ['returns a number', 'export default () => 5', 1, /neither a string nor a Uint8Array/],
    ['ends by itself', 'export default () => exit(9)', 9, /^$/],
    ['imports what there is not', 'import "fs"; export default () => ""', 1, /could not load module/],
  ]

  it('says why on standard error, and ends with a code', async () => {
    assert.equal((await dikast('function', 'init', 'a-script', '--lang', 'javascript')).code, 0)
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'a-script', 'node_modules'))
    for (const [name, source, code, said] of cases) {
      writeFileSync(join(scratch, 'a-script', 'src', 'index.js'), source)
      assert.equal((await dikast('function', 'build', 'a-script')).code, 0, name)
      const ended = await dikast('run', 'a-script/build/a-script.wasm', '--fuel', '50000000')
      assert.deepEqual([ended.code, ended.out], [code, ''], name)
      assert.match(ended.err, said, name)
    }
  })

  it('has a clock, random numbers, promises and text that are the request’s', async () => {
    const source = `export default async (input) => {
      await null
      return [new TextDecoder().decode(input), new Date().toISOString(), Math.random() < 1, typeof host].join(' é ')
    }`
    writeFileSync(join(scratch, 'a-script', 'src', 'index.js'), source)
    writeFileSync(join(scratch, 'input'), 'ü')
    assert.equal((await dikast('function', 'build', 'a-script')).code, 0)
    const args = ['run', 'a-script/build/a-script.wasm', '--fuel', '50000000', '--stdin', 'input']
    const { out } = await dikast(...args)
    assert.equal(out, 'ü é 2026-01-01T00:00:00.000Z é true é undefined')
    assert.equal((await dikast(...args)).out, out)
  })
})

describe('a module in JavaScript, C or Rust that has more entries', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'dikast-entries-'))
  after(() => rmSync(scratch, { recursive: true, force: true }))
  const dikast = (...args: readonly string[]) => runProcess(args, { cwd: scratch, timeoutMs: 240_000 })
  const SOURCES = {
    javascript: [
      'src/index.js',
      `const made = [..."made"].join("")
      export default () => "its own"
export function validate(input) {
  return made === "made" && input.length === 16
}
export async function aggregate(input) {
  return \`\${made} of \${input.length}\`
}`,
    ],
    c: [
      'src/main.c',
      `#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static volatile int made;
__attribute__((constructor)) static void make(void) { made = 1; }
static char input[98320];
static int length(void) {
  int length = 0;
  for (int count; (count = read(0, input + length, sizeof input - length)) > 0;) length += count;
  return length;
}
int main(void) { printf("its own"); return 0; }
__attribute__((export_name("validate"))) void validate(void) { exit(made && length() == 16 ? 0 : 1); }
__attribute__((export_name("aggregate"))) void aggregate(void) { printf("%s of %d", made ? "made" : "none", length()); }
`,
    ],
    rust: [
      'src/main.rs',
      `use std::io::{self, Read, Write};
fn length() -> usize { let mut all = Vec::new(); io::stdin().read_to_end(&mut all).unwrap(); all.len() }
fn main() { print!("its own"); io::stdout().flush().unwrap(); }
#[export_name = "validate"]
pub extern "C" fn validate() { if length() != 16 { std::process::exit(1) } }
#[export_name = "aggregate"]
pub extern "C" fn aggregate() { print!("made of {}", length()); io::stdout().flush().unwrap(); }
`,
    ],
  } as const
  const verdict = (name: string, keys: string) => `[[case]]\nname = "${name}"\nentry = "validate"\n${keys}\n`
  const CASES = [
    '[[case]]\nname = "its own"\noutput = "its own"\n',
    verdict('judges without its own entry having run', 'accepts = true'),
    verdict('refuses', 'input = "x"\naccepts = false'),
    '[[case]]\nname = "puts together"\nentry = "aggregate"\noutput = "made of 34"\n',
    '[[case.observation]]\n[[case.observation]]\n',
    // More than a request's input, read to its end.
    '[[case]]\nname = "reads more than a request may bring"\nentry = "aggregate"\noutput = "made of 65570"\n',
    '[[case.observation]]\noutput-file = "large"\n[[case.observation]]\noutput-file = "large"\n',
  ].join('')

  for (const [language, [file, source]] of Object.entries(SOURCES))
    it(`needs nothing of \`_start\` in ${language} [ENV-7]`, async () => {
      const name = `in-${language}`
      assert.equal((await dikast('function', 'init', name, '--lang', language)).code, 0)
      const folder = join(scratch, name)
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
      writeFileSync(join(folder, file), source)
      writeFileSync(join(folder, 'tests.toml'), CASES)
      writeFileSync(join(folder, 'large'), new Uint8Array(32_768))
      const ended = await dikast('function', 'test', name)
      assert.equal(ended.code, 0, `${ended.out}${ended.err}`)
      assert.match(ended.out, /^5 passed, 0 failed$/m)
    })

  it('exports in JavaScript what its source does, and no more [AGR-3]', async () => {
    assert.equal((await dikast('function', 'init', 'plain', '--lang', 'javascript')).code, 0)
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'plain', 'node_modules'))
    assert.equal((await dikast('function', 'build', 'plain')).code, 0)
    const { out } = await dikast('inspect', 'plain/build/plain.wasm', '--json')
    assert.deepEqual((JSON.parse(out) as { readonly entries: unknown }).entries, [{ name: '_start' }])
  })
})
