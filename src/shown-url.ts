const longest = 300;

/** A URL for messages. A user, a password or a signature in it is not for the eyes of others. */
export function shownUrl(url: URL): string {
  const place = `${url.protocol}//${url.host}${url.pathname}`;
  const cut = place.length > longest ? `${place.slice(0, longest)}…` : place;
  return url.search === '' ? cut : `${cut}?…`;
}

/** The same for what cannot be parsed. It may have a password before the last @ of its server. */
export function shownInvalidUrl(written: string): string {
  const [place = ''] = written.split(/[?#]/, 1);
  return place.slice(place.lastIndexOf('@') + 1).slice(0, longest);
}
