/** What a page is given: the parts of its path that its route names. */
export interface PageProps {
  readonly params: Readonly<Record<string, string>>;
}
