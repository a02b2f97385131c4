// While somebody writes: what the server says of the text is drawn anew, a moment after the last key.

const aids = document.querySelector('[data-writing]')
const form = aids.closest('form')
const shown = aids.querySelector('[data-checked]')
const PAUSE = 900
const FIELDS = ['title', 'body', 'collection', 'template', 'language', 'csrf_token']

let timer = 0
let asked
let last = ''

const text = () => new URLSearchParams([...new FormData(form)].filter(([name]) => FIELDS.includes(name)))

async function check() {
  const body = text()
  if (body.toString() === last) return
  last = body.toString()
  asked?.abort()
  asked = new AbortController()
  try {
    const answer = await fetch(aids.dataset.writing, { method: 'POST', headers: { 'X-Fragment': '1' }, body, signal: asked.signal })
    if (answer.ok) draw(await answer.text())
    else last = ''
  } catch (error) {
    if (error.name !== 'AbortError') last = '' // the next key asks again
  }
}

// What stays the same is not drawn again: nothing is read out twice, and a link under the finger keeps its place.
function draw(html) {
  if (shown.dataset.html === html) return
  shown.dataset.html = html
  shown.innerHTML = html
}

const soon = () => { clearTimeout(timer); timer = setTimeout(check, PAUSE) }

if (shown.childElementCount || !form.querySelector('[name=body]').value.trim()) last = text().toString()
else soon()
form.addEventListener('input', soon)
form.addEventListener('change', soon)
aids.querySelector('[data-check]').addEventListener('click', event => { event.preventDefault(); last = ''; check() })
