SELECT id, image_url FROM pages.pictures
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_column=image_url"
INTO pages.found;
