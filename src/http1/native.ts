/**
 * Gives a light class the members of the native one that it has not itself, by way of a native object,
 * so that nothing is missing that a runtime has or will have.
 * @param bare the native object without the body: for properties, and for what shows it in a console
 * @param whole the native object with the body: for methods
 */
export function delegate<Light extends object>(
  prototype: Light,
  nativePrototype: object,
  { bare, whole }: { bare(light: Light): object; whole(light: Light): object },
): void {
  Object.setPrototypeOf(prototype, nativePrototype)
  for (const name of Reflect.ownKeys(nativePrototype)) {
    if (Object.hasOwn(prototype, name)) continue
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
      Object.defineProperty(prototype, name, {
        configurable: true,
        enumerable,
        writable: true,
        value(this: Light, ...args: unknown[]) {
          const native = (typeof name === 'symbol' ? bare : whole)(this)
          return Reflect.apply(Reflect.get(native, name), native, args)
        },
      })
    }
  }
}
