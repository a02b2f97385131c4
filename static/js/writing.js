// While somebody writes: what the server says of the text is drawn anew, a moment after the last key.

const aids = document.querySelector('[data-writing]')
const form = aids.closest('form')
const shown = aids.querySelector('[data-checked]')
const PAUSE = 900
const SETTLED = 350 // rich text writes what is typed into the textarea by then
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

// The headings come into the text as it is: a page loaded anew would not know that it was never saved.
async function head(button) {
  await new Promise(done => setTimeout(done, SETTLED))
  clearTimeout(timer)
  asked?.abort()
  const body = text()
  body.set(button.name, button.value)
  if (button.name === 'start') body.set('template', button.value)
  const answer = await fetch(aids.dataset.writing, { method: 'POST', headers: { 'X-Fragment': '1' }, body }).catch(() => null)
  if (!answer?.ok) return button.form.requestSubmit(button)
  draw(await answer.text())
  const headed = shown.querySelector('[data-headed]')
  if (button.name === 'start') {
    form.elements.template.value = button.value
    aids.querySelector('[data-starts]').remove()
  }
  if (!headed) return
  const field = form.elements.body
  field.value = headed.value
  headed.remove()
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

const soon = () => { clearTimeout(timer); timer = setTimeout(check, PAUSE) }

if (shown.childElementCount || !form.querySelector('[name=body]').value.trim()) last = text().toString()
else soon()
form.addEventListener('input', soon)
form.addEventListener('change', soon)
aids.querySelector('[data-check]').addEventListener('click', event => { event.preventDefault(); last = ''; check() })
aids.addEventListener('click', event => {
  const button = event.target.closest('[name=start], [name=parts]')
  if (!button) return
  event.preventDefault()
  head(button)
})
