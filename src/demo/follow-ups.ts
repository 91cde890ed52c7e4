export interface FollowUp {
  readonly title: string;
  readonly sql: string;
}

/** What a person asks next, in plain SQL: the first rows, how often each class, which pictures. */
export function followUps(detections: string, isDrawn: boolean): readonly FollowUp[] {
  return [
    {
      title: 'The first rows',
      sql: `SELECT * FROM ${detections} ORDER BY image_id, detection_no LIMIT 5`,
    },
    {
      title: 'How often each class was seen',
      sql: `SELECT class_name, COUNT(*) AS times, COUNT(DISTINCT image_id) AS images, ROUND(AVG(score), 2) AS mean_score
  FROM ${detections} GROUP BY class_name ORDER BY times DESC, class_name LIMIT 8`,
    },
    isDrawn ? catAndDog(detections) : fullest(detections),
  ];
}

function catAndDog(detections: string): FollowUp {
  return {
    title: 'Pictures with a cat and a dog',
    sql: `SELECT file_name, SUM(class_name = 'cat') AS cats, SUM(class_name = 'dog') AS dogs
  FROM ${detections} GROUP BY image_id, file_name HAVING cats > 0 AND dogs > 0
  ORDER BY dogs DESC, cats DESC, file_name LIMIT 5`,
  };
}

function fullest(detections: string): FollowUp {
  return {
    title: 'The fullest pictures',
    sql: `SELECT file_name, COUNT(*) AS things, COUNT(DISTINCT class_name) AS classes
  FROM ${detections} GROUP BY image_id, file_name ORDER BY things DESC, file_name LIMIT 5`,
  };
}
