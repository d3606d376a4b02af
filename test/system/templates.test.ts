/** The templates whose compilers are Debian packages, and the one that is linked from npm packages. */
import { describeTemplate } from '../apps/cli/support/function-life.ts'

describeTemplate('c', 'src/main.c', (text) => text.replace('(count - 1) / 2', 'count / 2'))
describeTemplate('rust', 'src/main.rs', (text) =>
  text.replace('(numbers.len() - 1) / 2', 'numbers.len() / 2'),
)
describeTemplate('javascript', 'src/index.js', (text) =>
  text.replace('(numbers.length - 1) >> 1', 'numbers.length >> 1'),
)
