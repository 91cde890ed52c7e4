const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/**
 * Answers of models about pictures. Their ids grow with time, so that the oldest are found and deleted at the start of the table, and new
 * ones are appended at its end.
 */
export function answers(table: (name: string) => string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table('answer_sets')} (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the next columns',
      release_name VARCHAR(64) NOT NULL COMMENT 'version of Millrace',
      model_digest CHAR(64) NOT NULL,
      width INT UNSIGNED NOT NULL COMMENT 'pixels of the input of the model',
      height INT UNSIGNED NOT NULL,
      iou DOUBLE NULL COMMENT 'NULL: nothing is suppressed',
      settings TEXT NOT NULL,
      stored_count BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'number of answers ever written',
      reused_count BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'number of answers ever read',
      used_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      UNIQUE KEY digest (digest)
    ) ${OPTIONS} COMMENT 'models with the settings on which their answers depend'`,
    `CREATE TABLE IF NOT EXISTS ${table('answers')} (
      id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      set_id INT UNSIGNED NOT NULL,
      image BINARY(32) NOT NULL COMMENT 'SHA-256 of the encoded picture',
      floor DOUBLE NOT NULL COMMENT 'lowest confidence that it answers',
      scores BLOB NOT NULL COMMENT 'of each class: id, count, 32-bit floats',
      stored_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
      UNIQUE KEY picture (set_id, image)
    ) ${OPTIONS}`,
    `CREATE TABLE IF NOT EXISTS ${table('purged_answers')} (
      only_row TINYINT UNSIGNED NOT NULL PRIMARY KEY,
      stored_count BIGINT UNSIGNED NOT NULL,
      reused_count BIGINT UNSIGNED NOT NULL
    ) ${OPTIONS} COMMENT 'sums of deleted answer_sets'`,
  ];
}
