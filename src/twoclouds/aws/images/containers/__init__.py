"""Programs that run inside SageMaker's published images: training toolkit, inference toolkits, built-in algorithms.

They are plain files. An image carries this folder as the package /opt/amazon/containers and the two programs
/opt/amazon/bin/train and serve; nothing in it knows that there is a lab. What stands in for what:

* XGBoost is XGBoost (the lab's version, on one thread; what an older version did by default is asked for by name).
* linear-learner is stochastic gradient descent in numpy with the same losses, optimisers, normalisation, schedule,
  early stopping and calibration of the threshold. Of the models that the real one trains side by side
  (`num_models`), this trains eight at most, the one with the parameters as given first.
* kmeans is web-scale k-means and then Lloyd's on its centres, in numpy; knn is an exact search (what faiss.Flat is;
  the approximate indexes answer with the exact neighbours); pca is an eigendecomposition, or a randomised one;
  randomcutforest is the paper's (Guha et al. 2016): trees of random cuts, and the collusive displacement of a point.
* Model files: `xgboost-model` is XGBoost's own. `model_algo-1` of the others is a numpy archive (.npz) where the real
  one is MXNet's.
* The toolkits keep the real ones' names, order, defaults, messages and status codes, for what scripts can see of them.
"""
