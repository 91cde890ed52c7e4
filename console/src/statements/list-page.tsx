/** Not built yet. */
export default function StatementsPage() {
  return (
    <section class="page">
      <h1>Statements</h1>
    </section>
  );
}
