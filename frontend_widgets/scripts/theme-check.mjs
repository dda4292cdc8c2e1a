// Runs Shopify's Theme Check on the theme app extension; exits 1 when it finds anything.
// `node scripts/theme-check.mjs DIR` checks another extension.
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

process.env.SHOPIFY_CLI_NO_ANALYTICS = '1'
process.env.OPT_OUT_INSTRUMENTATION = 'true'

const { themeCheckRun } = await import('@shopify/theme-check-node')

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const extension = process.argv[2] ? resolve(process.argv[2]) : join(root, '../plugin/extensions/danke-theme')
const { offenses } = await themeCheckRun(extension, 'theme-check:theme-app-extension', () => {})

for (const { uri, start, check, message } of offenses) {
  console.error(`${relative(extension, fileURLToPath(uri))}:${start.line + 1} ${check}: ${message}`)
}
console.log(`Theme Check: ${offenses.length} offenses`)
process.exit(offenses.length ? 1 : 0)
