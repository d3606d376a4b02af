/**
 * A TCP proxy for one direction of dialling between two members, with the faults of a network: delay, silence, and cut
 * connections. What it holds back is bounded by what the two ends will buffer before they give up.
 */
import { createServer, connect as dial, type Server, type Socket } from 'node:net'

export interface Weather {
  /** One way, in milliseconds. */
  delayMs: number
  /** Bytes are held, both ways, until it clears. */
  frozen: boolean
  /** Connections are cut, and new ones too. */
  cut: boolean
}

export class ChaosProxy {
  readonly weather: Weather
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What thaws the bytes held. */
  readonly #held: (() => void)[] = []

  private constructor(server: Server, weather: Weather) {
    this.#server = server
    this.weather = weather
  }

  /** In front of a port of this machine. */
  static async listen(target: number, weather: Weather): Promise<ChaosProxy> {
    const server = createServer()
    const proxy = new ChaosProxy(server, weather)
    server.on('connection', (socket) => proxy.#join(socket, target))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port')
    return address.port
  }

  /** Makes the weather take effect: cuts what stands, lets go what was held. */
  apply(): void {
    if (this.weather.cut) for (const socket of this.#sockets) socket.destroy()
    if (!this.weather.frozen) for (const thaw of this.#held.splice(0)) thaw()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #join(near: Socket, target: number): void {
    if (this.weather.cut) {
      near.destroy()
      return
    }
    const far = dial(target, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.on('data', (chunk: Buffer) => this.#carry(chunk, to))
    }
  }

  /** In order: every chunk waits as long as the one before it, or longer. */
  #carry(chunk: Buffer, to: Socket): void {
    const write = (): void => {
      if (this.weather.frozen) this.#held.push(write)
      else if (!to.destroyed) to.write(chunk)
    }
    if (this.weather.delayMs > 0) setTimeout(write, this.weather.delayMs)
    else write()
  }
}
