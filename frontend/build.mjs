// node build.mjs FOLDER: one ES module with its hash in the name, manifest.json, and the licences of all it contains.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const [folder, source = ''] = process.argv.slice(2)
const LICENCES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'license.md']

mkdirSync(folder, { recursive: true })
const built = await build({
  entryPoints: { editor: 'rich.js' },
  entryNames: '[name]-[hash]',
  outdir: folder,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  alias: { linkifyjs: './addresses.js' },
  metafile: true,
  logLevel: 'warning',
})

const file = Object.keys(built.metafile.outputs).find(name => name.endsWith('.js'))
const packages = new Set(Object.keys(built.metafile.inputs).map(name => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1]).filter(Boolean))
const notices = [...packages].sort().map(name => {
  const home = join('node_modules', name)
  const { version, license } = JSON.parse(readFileSync(join(home, 'package.json')))
  const text = LICENCES.map(each => join(home, each)).find(existsSync)
  if (!license && !text) throw new Error(`${name} names no licence`)
  return `${name} ${version} (${license})\n\n${text ? readFileSync(text, 'utf8').trim() : 'The package carries no licence text.'}\n`
})
writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`))

const manifest = { editor: basename(file), sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), source }
writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
