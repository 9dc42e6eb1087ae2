// @ts-check
import { Area, Refusal } from './area.js'
import { Outbox } from './chat-outbox.js'
import { Room } from './chat-room.js'
import { Rooms } from './chat-rooms.js'
import { showConnection } from './connection.js'
import { find, onSubmit } from './dom.js'
import { nameOf, showVisitor } from './visitor.js'
import { connectPage } from './web-socket.js'

const nameKey = 'galley-chat-name'
const idPattern = /^#[0-9A-Za-z]{26}$/

const welcome = find(document, '#welcome', HTMLElement)
const nameForm = find(welcome, 'form', HTMLFormElement)
const nameInput = find(nameForm, 'input', HTMLInputElement)
const deck = find(document, '#deck', HTMLElement)
const meButton = find(document, '#me', HTMLButtonElement)

const live = connectPage()
const rooms = new Rooms(live, find(document, '#rooms', HTMLElement))
const outbox = new Outbox(live, (row) => room?.placeSent(row))
const nameArea = new Area(nameForm, nameInput)
let me = remembered()
let room = /** @type {Room | null} */ (null)

function remembered() {
  try {
    return localStorage.getItem(nameKey) ?? ''
  } catch {
    // Storage may be forbidden: then the name lives as long as the page.
    return ''
  }
}

/** @param {string} name */
function remember(name) {
  me = name
  try {
    localStorage.setItem(nameKey, name)
  } catch {}
}

function askName() {
  deck.hidden = true
  meButton.hidden = true
  welcome.hidden = false
  nameInput.value = me
  nameInput.select()
}

async function takeName() {
  const name = nameInput.value.trim()
  if (!name) throw new Refusal('Write a name first.', 400)
  remember(name)
  enter()
}

function enter() {
  welcome.hidden = true
  deck.hidden = false
  meButton.hidden = false
  meButton.textContent = me
  meButton.ariaLabel = `You are ${me}. Change name`
  visit()
}

/** Offers a name to who has none yet. @param {import('./visitor.js').User | null} user @param {boolean} isFirst */
function meet(user, isFirst) {
  const isUntouched = !welcome.hidden && !nameInput.value
  if (user && isUntouched) {
    nameInput.value = nameOf(user)
    nameInput.select()
  }
  // Somebody else may see other rooms.
  if (!isFirst) visit()
}

/** Shows the room that the address names, or the rooms. */
function visit() {
  if (!me) return
  const id = idPattern.test(location.hash) ? location.hash.slice(1) : ''
  room?.close()
  room = id ? new Room(live, id, me, outbox) : null
  deck.dataset.at = id ? 'room' : 'rooms'
  rooms.mark(id)
}

addEventListener('hashchange', visit)
meButton.addEventListener('click', askName)
onSubmit(nameForm, () => nameArea.attempt(takeName))
showConnection(live, find(document, '#connection', HTMLElement))
showVisitor(live, find(document, '#visitor', HTMLAnchorElement), meet)
if (me) enter()
else askName()
