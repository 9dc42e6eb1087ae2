/**
 * Gives a light class the members of the native class that it lacks, by delegation to a native object, so that it has
 * every member that a runtime has or will have.
 * @param bare the native object without the body: for properties, and for its display in a console
 * @param whole the native object with the body: for methods
 */
export function delegate<Light extends object>(
  prototype: Light,
  nativePrototype: object,
  { bare, whole }: { bare(light: Light): object; whole(light: Light): object },
): void {
  Object.setPrototypeOf(prototype, nativePrototype)
  // So that `constructor` is the native class, or its replacement.
  Reflect.deleteProperty(prototype, 'constructor')
  for (const name of Object.getOwnPropertyNames(prototype)) Object.defineProperty(prototype, name, { enumerable: true })
  for (const name of Reflect.ownKeys(nativePrototype)) {
    if (name === 'constructor' || Object.hasOwn(prototype, name)) continue
    const descriptor = Object.getOwnPropertyDescriptor(nativePrototype, name) as PropertyDescriptor
    const { enumerable = true } = descriptor
    if (descriptor.get) {
      Object.defineProperty(prototype, name, {
        configurable: true,
        enumerable,
        get(this: Light) {
          return Reflect.get(bare(this), name)
        },
      })
    } else if (typeof descriptor.value === 'function') {
      const method = function (this: Light, ...args: unknown[]): unknown {
        const native = (typeof name === 'symbol' ? bare : whole)(this)
        return Reflect.apply(Reflect.get(native, name), native, args)
      }
      Object.defineProperty(method, 'name', { value: descriptor.value.name })
      Object.defineProperty(prototype, name, { configurable: true, enumerable, writable: true, value: method })
    }
  }
}
