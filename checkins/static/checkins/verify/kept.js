// What this browser remembers of the page; nothing where storage is closed to it.

export function kept(name) {
  try {
    return localStorage.getItem(`verify-${name}`);
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`verify-${name}`, value);
  } catch {
    // it holds for as long as the page is open
  }
}
