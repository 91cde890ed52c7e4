import com.mysql.cj.jdbc.JdbcConnection;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What a connection pool of JDBC does: start-up queries, settings, validation, reset, change of user. Prints lines. */
public class Clients {
  public static void main(String[] args) throws Exception {
    String base = args[0];
    String user = args[1];
    String password = args[2];
    for (String options : args[5].split(" ")) {
      try (Connection connection = DriverManager.getConnection(base + "?" + options, user, password)) {
        run(connection, args[3], args[4]);
      }
    }
  }

  static void run(Connection connection, String other, String otherPassword) throws Exception {
    connection.setAutoCommit(false);
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    try (PreparedStatement prepared = connection.prepareStatement("SELECT id FROM shot WHERE id <= ? ORDER BY id")) {
      prepared.setInt(1, 200);
      int count = 0;
      try (ResultSet rows = prepared.executeQuery()) {
        while (rows.next()) count += 1;
      }
      System.out.println("prepared " + count);
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE several (n INT)");
    }
    try (PreparedStatement batch = connection.prepareStatement("INSERT INTO several VALUES (?)")) {
      for (int n = 0; n < 100; n += 1) {
        batch.setInt(1, n);
        batch.addBatch();
      }
      System.out.println("batch " + batch.executeBatch().length);
    }
    connection.rollback();
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      try (ResultSet rows = statement.executeQuery("SHOW MODELS")) {
        rows.next();
        System.out.println("model " + rows.getString("model"));
      }
      try {
        statement.executeQuery("SELECT 1 TO RUN");
      } catch (SQLException error) {
        System.out.println("error " + error.getErrorCode() + " " + error.getSQLState());
      }
      statement.setQueryTimeout(1);
      try {
        statement.executeQuery("SELECT COUNT(*) FROM shot a, shot b, shot c, shot d WHERE a.id + b.id + c.id + d.id < 0");
        System.out.println("timeout none");
      } catch (SQLException error) {
        System.out.println("timeout " + error.getClass().getSimpleName());
      }
    }
    System.out.println("valid " + connection.isValid(5));
    JdbcConnection own = connection.unwrap(JdbcConnection.class);
    own.resetServerState();
    System.out.println("reset " + one(connection, "SELECT @@autocommit"));
    own.changeUser(other, otherPassword);
    System.out.println("changed " + one(connection, "SELECT COUNT(*) FROM shot"));
    connection.setCatalog("information_schema");
    System.out.println("catalog " + one(connection, "SELECT DATABASE()"));
  }

  static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
