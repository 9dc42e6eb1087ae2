import { AppError } from '../errors.ts'
import type { ConnectionContext } from './context.ts'

/**
 * Ends what an error of a topic ends: for a fault of the server the whole connection, for a sign-in that has ended too, else
 * only what the notification names.
 */
export function loseAccess(context: ConnectionContext, error: unknown, method: string, params: object): void {
  if (!(error instanceof AppError) || error.status >= 500) context.broken(error)
  else if (error.code === 'unauthorized') context.signOut()
  else {
    const { status: code, message } = error
    context.sendQueue.notify(method, { ...params, error: { code, message } })
    context.changed()
  }
}
