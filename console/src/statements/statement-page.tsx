/** Not built yet. */
export default function StatementPage() {
  return (
    <section class="page">
      <h1>Statement</h1>
    </section>
  );
}
