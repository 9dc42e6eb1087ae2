/** Socket.IO with its defaults, WebSocket alone: a client joins a room, and its messages go to all clients in that room. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer((_, response) => response.end('ready'))
const io = new Server(http, { transports: ['websocket'], serveClient: false })
io.on('connection', (socket) => {
  socket.on('join', async (room: string, done: () => void) => {
    await socket.join(room)
    done()
  })
  socket.on('publish', (room: string, data: unknown) => io.to(room).emit('event', data))
})
http.listen(Number(process.env.PORT), '127.0.0.1')
