// Bundles the elements into the theme app extension. `node scripts/build.mjs DIR` writes elsewhere (used by the test
// that holds the committed files to their sources).
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = process.argv[2] ? resolve(process.argv[2]) : join(root, '../plugin/extensions/danke-theme/assets')

const bundles = { 'danke-suggestions': 'src/suggestions-element-define.ts' }

for (const [name, source] of Object.entries(bundles)) {
  const outfile = join(target, `${name}.js`)
  await build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  })
  console.log(`${name}.js ${statSync(outfile).size} bytes`)
}
