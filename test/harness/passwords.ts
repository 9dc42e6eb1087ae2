/** Cost parameters of scrypt for tests that hash many passwords: the usual ones take a quarter of a second of a core. */
export const cheap = { ln: 4, r: 8, p: 1 }
