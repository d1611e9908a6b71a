const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882 }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem }
nav a { margin-right: 1rem; white-space: nowrap }
section { margin-top: 3rem }
details { border-bottom: 1px solid var(--line); padding: .4rem 0 }
summary { cursor: pointer }
code, pre { font: 14px/1.5 ui-monospace, monospace }
pre { background: var(--soft); overflow: auto; padding: .7rem; max-height: 30rem }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
.method { display: inline-block; font-weight: 700; width: 4.5rem }
.about { opacity: .75 }
`

/** Everything that it shows goes in as text: nothing in the description can become markup. */
const script = `
const make = (name, ...children) => {
  const element = document.createElement(name)
  element.append(...children.filter((child) => child !== null && child !== undefined))
  return element
}
const withClass = (element, name) => { element.className = name; return element }
const table = (head, rows) => rows.length === 0 ? null : make('table',
  make('tr', ...head.map((text) => make('th', text))),
  ...rows.map((row) => make('tr', ...row.map((cell) => make('td', cell ?? '')))))
const code = (text) => make('code', text)
const block = (value) => make('pre', JSON.stringify(value, null, 2))
const titled = (title, content) => content === null ? null : make('div', make('h4', title), content)
const typeOf = (schema) => schema.enum ? schema.enum.join(' | ') : schema.type ?? schema.format ?? ''

const operation = (api, path, method, it) => {
  const find = (ref) => ref.split('/').slice(1).reduce((at, step) => at[step], api)
  const parameters = it.parameters.map((one) => one.$ref ? find(one.$ref) : one)
  const bodies = Object.entries(it.requestBody?.content ?? {})
  const answers = Object.entries(it.responses)
  return make('details',
    make('summary', withClass(code(method.toUpperCase()), 'method'), code(path), ' ',
      withClass(make('span', it.summary), 'about')),
    ...it.description.split('\\n\\n').map((text) => make('p', text)),
    titled('Parameters', table(['name', 'in', 'type', ''], parameters.map((one) =>
      [code(one.name), one.in, code(String(typeOf(one.schema))),
        one.description ?? one.schema.description ?? '']))),
    ...bodies.map(([type, body]) => titled('Body, ' + type, make('div',
      ...Object.values(body.examples ?? {}).map((example) => block(example.value)),
      make('details', make('summary', 'Schema'), block(body.schema))))),
    titled('Answers', table(['status', '', ''], answers.map(([status, answer]) => {
      const schema = answer.content?.['application/json']?.schema
      return [code(status), answer.description.replaceAll('\`', ''),
        schema ? make('details', make('summary', 'Schema'), block(schema)) : '']
    }))))
}

const show = (api) => {
  document.querySelector('#about').textContent = api.info.description + ' Version ' + api.info.version + '.'
  const nav = document.querySelector('nav')
  const main = document.querySelector('main')
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, it]) => ({ path, method, it })))
  for (const { name } of api.tags) {
    const section = make('section', make('h2', name), ...all
      .filter(({ it }) => it.tags.includes(name))
      .map(({ path, method, it }) => operation(api, path, method, it)))
    section.id = name.replaceAll(' ', '-')
    main.append(section)
    const link = make('a', name)
    link.href = '#' + section.id
    nav.append(link)
  }
  const rows = Object.entries(api['x-switchyard-problems']).map(([code_, { status, title }]) => {
    const row = make('tr', make('td', code(code_)), make('td', String(status)), make('td', title))
    row.id = 'problem-' + code_
    return row
  })
  main.append(make('section', make('h2', 'Problems'), make('table', ...rows)))
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
}

fetch('/openapi.json').then((answer) => answer.json()).then(show, () => {
  document.querySelector('#about').textContent = 'The description at /openapi.json could not be read.'
})
`

/** The API reference: one page that loads nothing but `/openapi.json`. `nonce` is its Content-Security-Policy's. */
export const docsPage = (nonce: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchyard API</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
<h1>Switchyard API</h1>
<p id="about"></p>
<p>The same for programs: <a href="/openapi.json">openapi.json</a></p>
<nav></nav>
<main></main>
<script nonce="${nonce}">${script}</script>
</html>
`
