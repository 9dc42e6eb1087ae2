/** The physical bound: a fixed answer for each piece that arrives, nothing looked at. */
import { createServer } from 'node:net'
import { item } from './answers.ts'

const text = JSON.stringify(item)
const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n`
const answer = Buffer.from(`${head}Date: ${new Date().toUTCString()}\r\n\r\n${text}`)

createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(answer))
  socket.on('error', () => socket.destroy())
}).listen(Number(process.env.PORT), '127.0.0.1')
