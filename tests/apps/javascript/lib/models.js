"use strict";

const mongoose = require("mongoose");

const Agent = mongoose.model("Agent", new mongoose.Schema({ name: String, pin: String, role: String }));

module.exports = { Agent };
