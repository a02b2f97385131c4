// Search as you type: fetches the fragment the server would have drawn, keeps what is shown until the new one is here.

const form = document.querySelector('[data-search]')
const field = form.querySelector('[data-search-field]')
const results = document.getElementById('results')
const status = document.querySelector('[data-status]')
const slow = document.querySelector('[data-slow]')

let request, previewRequest, timer, dwell
let previewing = Promise.resolve()
let shown = field.value.trim()

const links = () => [...results.querySelectorAll('.hit a')]
const current = () => results.querySelector('.hit a[aria-current]')

async function fragment(url, signal) {
  const answer = await fetch(url, { signal, headers: { 'X-Fragment': '1' } })
  if (answer.redirected || !answer.ok) throw new Error(String(answer.status))
  return answer.text()
}

function address() {
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value.trim()))
  return query.size ? `/?${query}` : '/'
}

function tell(words) {
  slow.textContent = words
  slow.hidden = !words
}

async function search() {
  const asked = field.value.trim()
  if (asked === shown && !request) return
  request?.abort()
  const mine = request = new AbortController()
  const late = setTimeout(() => tell(spoken('Searching…')), 300)
  const url = address()
  try {
    results.innerHTML = await fragment(url, mine.signal)
    shown = asked
    history.replaceState(null, '', url)
    status.textContent = results.firstElementChild?.dataset.count ?? ''
    document.title = document.title.replace(/^.*(?= · )/, () => asked || spoken('Search'))
    tell('')
  } catch (error) {
    if (error.name !== 'AbortError') tell(spoken('Could not update. Press Enter to try again.'))
  } finally {
    clearTimeout(late)
    if (request === mine) request = undefined
  }
}

// The first key goes out at once; the next ones wait until the fingers pause.
let last = 0
field.addEventListener('input', () => {
  const isFirst = performance.now() - last > 400
  last = performance.now()
  clearTimeout(timer)
  timer = setTimeout(search, isFirst ? 0 : 25)
})

function select(link) {
  if (!link || link === current()) return
  for (const other of links()) {
    other.toggleAttribute('aria-current', false)
    other.closest('.hit').toggleAttribute('data-on', false)
  }
  link.setAttribute('aria-current', 'true')
  link.closest('.hit').toggleAttribute('data-on', true)
  previewRequest?.abort()
  previewRequest = new AbortController()
  previewing = show(link, previewRequest.signal)
}

// When it cannot be loaded, nothing is shown: a copied answer must never be the one of another row.
async function show(link, signal) {
  const html = await fragment(link.dataset.preview, signal).catch(() => '')
  const place = document.getElementById('preview')
  if (place && link.hasAttribute('aria-current')) place.innerHTML = html
}

results.addEventListener('focusin', event => select(event.target.closest('.hit a')))

results.addEventListener('mouseover', event => {
  clearTimeout(dwell)
  const link = event.target.closest('.hit')?.querySelector('a')
  if (link) dwell = setTimeout(() => select(link), 180)
})

function move(step) {
  const all = links()
  const at = all.indexOf(document.activeElement.closest('.hit')?.querySelector('a'))
  const next = document.activeElement === field && step > 0 ? all[0] : all[at + step]
  if (next) next.focus()
  else if (step < 0) field.focus()
}

// Ctrl+Enter copies what is selected, from wherever the focus is in the list.
async function press(which) {
  clearTimeout(timer)
  await search()
  select(current() ?? links()[0])
  await previewing
  results.querySelector(which)?.click()
}

function open(event) {
  const isFresh = field.value.trim() === shown && !request && slow.hidden
  const link = current()
  if (event.target !== field || !isFresh || !shown || !link) return
  event.preventDefault()
  link.click()
}

function clear(event) {
  if (event.target !== field) field.focus()
  else if (field.value) { field.value = ''; search() }
}

document.addEventListener('keydown', event => {
  const isHere = event.target === field || event.target.closest('.hit')
  if (!isHere || event.isComposing) return
  const isCommand = event.ctrlKey || event.metaKey
  if (event.key === 'Enter' && isCommand) {
    event.preventDefault()
    return press(event.shiftKey ? '[data-copy-link]' : '[data-copy-answer]')
  }
  if (isCommand || event.altKey) return
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault()
    move(event.key === 'ArrowDown' ? 1 : -1)
  } else if (event.key === 'Enter') open(event)
  else if (event.key === 'Escape') clear(event)
})
