"""KMeans and LogisticRegression, by scikit-learn."""
