// Bundles the elements into the theme app extension, what the service's own pages in the theme need into the service,
// and the UI extensions as modules for the development store and the tests (for Shopify, its CLI builds them from the
// same sources). `node scripts/build.mjs DIR` writes below DIR instead (used by the test that holds the committed files to
// their sources).
import { statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = process.argv[2] ? resolve(process.argv[2]) : join(root, '..')

const suggestions = 'src/suggestions-element-define.ts'
const bundles = {
  'plugin/extensions/danke-theme/assets/danke-suggestions.js': suggestions,
  'service/shops/static/danke-suggestions.js': suggestions,
  'service/shops/static/danke-page.css': 'src/page.css',
  'plugin/extensions/danke-order/built/order-block.js': '../plugin/extensions/danke-order/src/order-block.tsx',
  'plugin/extensions/danke-parcels/built/parcels-page.js': '../plugin/extensions/danke-parcels/src/parcels-page.tsx',
}

for (const [name, source] of Object.entries(bundles)) {
  const outfile = join(target, name)
  await build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    minify: true,
    format: source.endsWith('.tsx') ? 'esm' : 'iife',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    nodePaths: [join(root, 'node_modules')],
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  })
  console.log(`${basename(outfile)} ${statSync(outfile).size} bytes`)
}
