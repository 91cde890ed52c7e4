SELECT image_id, file_name
FROM demo.images
TO PREDICT a.b.c.d USING m;
