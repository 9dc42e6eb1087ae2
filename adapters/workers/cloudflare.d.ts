/** The part of the runtime's own module that is used here. */
declare module 'cloudflare:workers' {
  /** The class of objects whose methods can be called by those who have the binding. */
  export const DurableObject: new (state: object, env: object) => object
}
