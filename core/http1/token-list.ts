/**
 * Whether a comma-separated list has that member, whatever its case; parameters after a semicolon don't count. For short lists
 * such as Connection's and TE's.
 */
export function hasToken(list: string, token: string): boolean {
  if (list.length < token.length) return false;
  const lower = list.toLowerCase();
  if (lower === token) return true;
  let at = lower.indexOf(token);
  while (at !== -1) {
    if (isStart(lower, at) && isEnd(lower, at + token.length)) return true;
    at = lower.indexOf(token, at + 1);
  }
  return false;
}

function isStart(list: string, at: number): boolean {
  let i = at - 1;
  while (i >= 0 && isBlank(list.charCodeAt(i))) i--;
  return i < 0 || list.charCodeAt(i) === 44;
}

function isEnd(list: string, at: number): boolean {
  let i = at;
  while (i < list.length && isBlank(list.charCodeAt(i))) i++;
  return i === list.length || list.charCodeAt(i) === 44 || list.charCodeAt(i) === 59;
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}
