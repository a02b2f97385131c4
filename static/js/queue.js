// The queue: V with open reports leads to the line that is asked for first; the open row stays in sight in the list.

const note = document.getElementById('f-note')
const button = document.querySelector('[data-still-correct]')

button?.addEventListener('click', event => {
  if (!note || note.value.trim()) return
  event.preventDefault()
  note.focus()
})

// Enter in the line sends it, as it would inside the form.
note?.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.isComposing) return
  event.preventDefault()
  button.click()
})

const list = document.querySelector('.queue-list')
const row = list?.querySelector('[aria-current]')
if (row && list.scrollHeight > list.clientHeight) {
  list.scrollTop = row.offsetTop - list.clientHeight / 3
}
