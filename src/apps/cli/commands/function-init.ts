import { relative } from 'node:path'
import { InvalidInputError } from '../../../protocol/errors.ts'
import { requiredText, textOption } from '../arguments.ts'
import type { Run } from '../command.ts'
import { EXIT } from '../exit.ts'
import { parseFunctionName } from '../function-lookup.ts'
import { isLanguage, LANGUAGES, writeTemplate } from '../template.ts'

export const run: Run = async ({ output }, [given = ''], options) => {
  const name = parseFunctionName('name', given)
  const language = requiredText(options, 'lang')
  if (!isLanguage(language))
    throw new InvalidInputError('--lang', `there is no template for «${language.slice(0, 40)}»`, {
      fix: `name one of ${LANGUAGES.join(', ')}`,
    })
  const folder = textOption(options, 'dir') ?? name
  const files = writeTemplate(language, name, folder)
  const needsPackages = files.includes('package.json')
  output.result({ name, language, folder, files }, () => {
    for (const file of files) output.line(`wrote ${folder}/${file}`)
    output.line()
    output.line('next:')
    output.line(`  cd ${relative('.', folder) || '.'}`)
    if (needsPackages) output.line('  npm install')
    output.line('  dikast function test')
  })
  return EXIT.ok
}
