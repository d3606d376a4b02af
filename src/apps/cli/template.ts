/**
 * Templates of functions, as the package ships them in `templates/`: a folder for each language.
 *
 * `{{name}}` in a file stands for the function's name. A file named `gitignore` becomes `.gitignore`: npm would leave the
 * latter out of the package.
 * @module
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidInputError } from '../../protocol/errors.ts'
import { packageFile } from './package-root.ts'

export const LANGUAGES = ['assemblyscript', 'rust', 'c', 'javascript'] as const
export type Language = (typeof LANGUAGES)[number]

export function isLanguage(text: string): text is Language {
  return LANGUAGES.some((language) => language === text)
}

/** Writes a template into a new or empty folder; the files written. Throws `InvalidInputError` when there are others. */
export function writeTemplate(language: Language, name: string, folder: string): readonly string[] {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new InvalidInputError('--dir', `${folder} is not empty`, { fix: 'name another folder with --dir' })
  const source = fileURLToPath(packageFile(`templates/${language}`))
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length + 1))
    .toSorted()
  return files.map((file) => {
    const target = file === 'gitignore' ? '.gitignore' : file
    const path = join(folder, target)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, readFileSync(join(source, file), 'utf8').replaceAll('{{name}}', name), { flag: 'wx' })
    return target
  })
}
