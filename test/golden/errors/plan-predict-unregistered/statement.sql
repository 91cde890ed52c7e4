SELECT * FROM iris.test TO PREDICT iris.predict.class USING measured;
