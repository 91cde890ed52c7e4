export interface FollowUp {
  readonly title: string;
  readonly sql: string;
}

/** Typical next questions, in plain SQL: the first rows, the number of objects per class, the pictures with the most objects. */
export function followUps(detections: string, isDrawn: boolean): readonly FollowUp[] {
  return [
    {
      title: 'First rows',
      sql: `SELECT * FROM ${detections} ORDER BY image_id, detection_no LIMIT 5`,
    },
    {
      title: 'Detections per class',
      sql: `SELECT class_name, COUNT(*) AS detections, COUNT(DISTINCT image_id) AS images, ROUND(AVG(score), 2) AS mean_score
  FROM ${detections} GROUP BY class_name ORDER BY detections DESC, class_name LIMIT 8`,
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
    title: 'Pictures with the most objects',
    sql: `SELECT file_name, COUNT(*) AS objects, COUNT(DISTINCT class_name) AS classes
  FROM ${detections} GROUP BY image_id, file_name ORDER BY objects DESC, file_name LIMIT 5`,
  };
}
