/** Not built yet. */
export default function SqlPage() {
  return (
    <section class="page">
      <h1>SQL</h1>
    </section>
  );
}
