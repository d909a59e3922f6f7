"""The table of text fields: which names stand for which kind of texts."""

from __future__ import annotations

from .names import table, words_of

_TABLE = """
first name: first name, firstname, fname, given name, forename, givenname, middle name, nick name, patronymic name, additional name
last name: last name, lastname, lname, surname, family name, familyname, maiden name
full name: full name, fullname, person, customer, author, owner, contact, employee, patient, manager, recipient, sender, buyer, seller, contact name, customer name, author name, assignee, reviewer, user name full, created by, updated by, modified by, approved by, signed by, director, actor, artist, instructor, teacher, doctor, attendee, participant, client, maintainer, nominee, holder, contact person, person name, account holder, guest name, sender name, recipient name, passenger, passenger name, guest, organizer, physician, nurse, supervisor, student, student name, employee name, patient name, driver name, owner name, manager name, assigned to, assigned by, reported by, requested by, posted by, reporter, requester, creator, editor, speaker, host name person, mother, father, spouse, emergency contact, next of kin, beneficiary, payer, payee, seller name, buyer name, client name, member name, cardholder, card holder, cardholder name, performed by, by, commenter, candidate, applicant, cast, agent, winner, real name, teacher name, producer, writer, composer, performer, translator, photographer, landlord, tenant
user name: user name, username, login, nickname, handle, screen name, user, user login, twitter, github
email: email, e mail, mail, email address, contact email, emails, reply to
phone: phone, phone number, telephone, tel, mobile, mobile number, cell, fax, telephone number, cell phone, contact number, whatsapp, fax number, phone no
company: company, company name, organization, organisation, employer, vendor, supplier, manufacturer, publisher, merchant, brand, organization name, business name, legal name, merchant name, supplier name, vendor name, store, store name, shop, bank, bank name, agency, institution, insurer, distributor, studio, production company, institute, issuer, insurance, insurance provider, affiliation, contractor, brand name, distributor, publisher name, registrar, legal entity, company legal name, restaurant, restaurant name
address: address, full address, postal address, mailing address, billing address, shipping address, delivery address, location address, home address, street and city, work address, extended address, pickup address, venue address
street: street, street address, address line, address line 1, line 1, address 1, address1, line1, street name, address street, street 1
city: city, town, city name, place, locality, municipality, birthplace, address locality, origin, destination, place of birth, birth place, hometown, office location, location name, location, departure city, arrival city, port of loading, port of discharge, ship to, headquarters, office, residence, current location
region: region, province, county, administrative area, address region, state province, territory, state or province, region name
state: state, current state, previous state, address state
cloud region: aws region, cloud region, availability zone, azure region, gcp region, zone, datacenter, data center
nationality: nationality, citizenship
country: country, country name, nation, address country, country of origin, countries, country of residence
country code: country code, countrycode, country iso, iso country, iso code, iso 3166, country alpha 2, alpha 2
country code3: country code 3, iso 3, iso3, alpha 3, country alpha 3, country iso 3
postal code: postal code, zip, zip code, zipcode, postcode, postalcode, post code, pin code
time zone: time zone, timezone, tz, timezone name, time zone id
currency: currency, currency code, iso currency, base currency, target currency, from currency, to currency
language code: lang, language code, iso language, language id
locale: locale, locales, culture, user locale
language: language, languages, spoken language, original language, native language
programming language: programming language, programming languages, source language, code language
job: job, job title, occupation, profession, position, role title, designation, jobs, current position, job position
url: url, uri, link, website, web site, homepage, home page, href, site, web, permalink, avatar url, webhook, endpoint, docs, documentation, urls, links, callback, redirect, profile url, linkedin, facebook, instagram, web page, self link, download link, api url, base url, origins, allowed origins, feed, source url
image url: image url, avatar, image, photo, picture, logo, icon, thumbnail, images, photos, pictures, banner, poster, cover, cover image, thumbnail url, photo url, picture url, icon url, logo url, profile picture, screenshot
repository: repository, repo, repository url, git url, clone url, source repository
uuid: uuid, guid, uid, correlation id, trace id, request id, session id, span id, message id, event id, transaction uuid, entity id, idempotency key, device uuid
code: id, code, sku, identifier, reference, ref, number, serial, serial number, order number, invoice number, account number, tracking number, order id, customer id, product id, user id, batch number, no, tracking code, confirmation, registration number, policy number, case number, ticket number, vin, ids, confirmation code, booking reference, vat number, tax id, insurance number, accession, part number, model number, promo code, coupon code, coupon, lot number, device id, purchase order, po number, contract number, document number, passport number, from account, to account, account, iata, mobile id
license plate: license plate, plate number, registration plate
flight number: flight number, flight, flight no, flight code
ean: barcode, ean, gtin, upc, ean 13, ean13
isbn: isbn, isbn 13, isbn13
card number: card number, credit card number, pan, credit card
ssn: ssn, social security number, national id, personal id
theme: theme, color theme, ui theme, color scheme
last four: last 4, last four, last 4 digits, last four digits
compass: wind direction, compass direction, heading direction
optimizer: optimizer, optimiser
gpu: gpu, gpu model, accelerator
reaction: reaction, reactions, emoji, emojis
subject: major, minor subject, field of study
achievement: achievement, achievements, badges, awards
http header: header name
description: transcript, description, summary, details, detail, text, body, content, abstract, about, definition, statement, documentation text, overview, synopsis, plot, long description, short description, job description, doc, specification, project description
comment: comment, comments, note, notes, remark, remarks, motivation, rationale, observation, observations, memo, special requests, special request, requirements, additional info, additional information, history, conclusion, findings, recommendation, recommendations, remarks text, other
message: message, reason, explanation, error, error message, warning, status message, failure reason, log message, detail message, reason phrase, stdout, stderr, output, log, msg, error description, cause
bio: bio, biography, about me, profile text
review: review, feedback, opinion, testimonial, review text
instruction: instructions, instruction, step, steps, directions, how to, todo text, task description, guideline, guidelines
question: question, questions, prompt, query, question text, search query, search term, inquiry, issue text
answer: answer, answers, reply, response, solution, answer text
caption: caption, help, tooltip, alt, alt text, subject line, hint, help text, tagline, slogan, placeholder
title: title, heading, headline, subject, display name, label, book title, movie title, project name, project, playlist, album, chapter, page title, campaign, campaign name, task, task name, book, movie, song, track, episode, job name, goal, milestone, story, title text, name text, marketing name, linked title, article, section title, pretty name
event: event, event title, conference, meeting, webinar, workshop
product: product, product name, item name, item, model, products, items, item description, product title, part name, article name
hotel: hotel, hotel name, accommodation
venue: venue, venue name, theater, theatre, theater location, cinema
dish: recipe, recipe name, dish, dish name, menu item, meal name
name: name, names, common name, alternate name, nick, full title
slug: slug, alias, handle name, permalink slug, aliases, short name, codename
tag: tag, tags, keyword, keywords, labels, interest tags
topic: topic, topics, interests, interest
status: status, state name, stage, phase, order status, payment status, condition, lifecycle, outcome, result, health, progress status, verdict, disposition
kind: type, kind, class, sort, types, subtype, variant, supertype, plan, tier name
mode: mode
category: category, categories, product category, section, segment, classification, expense category
department: department, departments, division, business unit, dept
size: size, clothing size, sizes, shoe size
image: container image, docker image, base image
number text: value, amount, quantity, price, count, total, score, percent, percentage, weight, height, width, length, rate, latitude, longitude, values, balance, fee, cost, tax, discount, salary, age, year, distance, day rate, ratio, depth, limit, max, min, offset, average, rank, port, timeout text, line number, attempts
boolean text: debug, enabled, verbose, disabled, required, active
stack trace: stack trace, stacktrace, traceback
color: color, colour, favorite color, eye color, hair color, colors, colours, background color, colour name, background, foreground color
hex color: hex color, hex, hex code, color code, color hex, hex colour, hex value
ip: ip, ip address, ipaddress, ipv4, remote addr, client ip, server ip, source ip, source ip address, ips
ipv6: ipv6, ipv6 address
cidr: cidr, subnet, cidr block, ip range, network
mac: mac, mac address
user agent: user agent, useragent, browser user agent
file name: file name, filename, file, attachment, image file, document name, script, files, attachments, outfilename, document, input file, output file, original name
path: path, uri stem, url path, uri path, request path, route, file path, filepath, directory, folder, dir, paths, cwd, log file, cert path, working directory, output dir, file location, template path, executable, dockerfile
glob: glob, globs, include, exclude, includes, excludes, ignore, patterns, file pattern, exclusions, ignored
host: host, hostname, domain, server, domain name, fqdn, hosts, domains, servers, bootstrap servers
version: version, release, app version, revision, schema version, ver, versions, firmware, api version, firmware version, build version, min version, max version
build: build, build number, build id
date: date, birth date, date of birth, dob, birthday, birthdate, start date, end date, due date, issue date, expiry date, day, order date, invoice date, delivery date, departure date, arrival date, release date, publication date, published, check in, check out, issued, due, hire date, deadline, valid from, valid until, valid to, valid thru, expiration date, date from, date to, date thru, from date, to date, dates, estimated delivery, availability date, anniversary, effective from, effective until, start on, check in date, check out date, since, until, joined, born, died, last build date
date time: created at, updated at, deleted at, timestamp, date time, datetime, created, updated, modified, modified at, created on, updated on, last modified, last login, expires at, started at, ended at, start time, end time, published at, logged at, expires, event time, completed at, scheduled at, created date, last updated, timestamps, started, finished, ended, completed, date created, date updated, date modified, last seen, last activity, last update, update time, updated time, create time, occurred, processed, received, posted, submitted, loaded, date added, pushed at, fired at, departure time, arrival time, occurred at, recorded at, stamp, datestamp, time stamp, last sync, date published, delivery window start, delivery window end
time: time, time of day, opening time, closing time, hour, opens, closes, opening hour, closing hour, open time, close time, sunrise, sunset, pickup time, check in time, check out time, breakfast time
duration: duration, interval, period, timeout, ttl, elapsed, estimated duration, run duration, time to live
duration text: prep time, cook time, total time, cooking time, lead time, delivery time, travel time, run time, runtime, reading time, age of device, preparation time, term, warranty, length of stay, wait time
mime: mime type, content type, media type, mimetype, accept, mime
hash: hash, checksum, sha, digest, token, etag, signature, fingerprint, secret, api key, access token, nonce, apikey, client secret, refresh token, auth token, csrf token, secret key, webhook secret, password hash, private key, public key, salt
md5: md5, md5 hash, md5 sum, checksum md5
sha1: commit, commit id, commit hash, commit sha, sha1, git commit, head sha, base sha, sha 1
sha256: sha256, sha 256, sha256 sum
password: password, passwd, pwd, new password, old password, passphrase, confirm password
money: price text, amount text, price string
schema url: schema
log level: log level, loglevel, logging level, verbosity
http method: method, http method, verb, request method, methods, allowed methods
social platform: social platform, social media, social network, social media platform, social media platforms, social networks
event type: event type
payment terms: payment terms, terms of payment
currency pair: currency pair, pair
stock symbol: symbol, ticker, stock symbol, stock, stocks, tickers, symbols, ticker symbol
stock exchange: exchange, stock exchange, market
crypto: cryptocurrency, coin, crypto
airport: airport, airports, departure airport, arrival airport, origin airport, destination airport, airport code
aircraft: aircraft, airplane, aircraft type, plane
room type: room type, room, room category
vehicle make: make, vehicle make, car make, car brand
vehicle model: vehicle model, car model, vehicle, car
fuel: fuel, fuel type
blood type: blood type, blood group
dosage: dosage, dose, strength
frequency: frequency, recurrence, cadence, billing cycle, billing period, repeat
disease: diagnosis, disease, diagnoses, medical condition, conditions, medical conditions, chief complaint, medical history, illness, comorbidity
medication: medication, medications, drug, drugs, medicine, current medications, prescription
symptom: symptom, symptoms
allergy: allergy, allergies, allergen, allergens
ward: ward, hospital department
specialty: specialty, speciality, specialization, medical specialty
procedure: procedure, procedures, treatment, treatments
skill: skill, skills, competency, competencies, requirements list, expertise
degree: degree, qualification, degree type
school: school, university, college, school name, alma mater
education: education
subject: school subject, subjects
course: course, course name, course title, courses, lecture
grade: grade, letter grade
education level: education level, level of education
employment type: employment type, contract type, employment status
role: role, roles, user role, account role, access level, authority
permission: permission, permissions, scopes, privileges, grants, claims
group: group, groups, user group, audience, team id
team: team, team name, squad
platform: platform, platforms, target platform
os: os, operating system, os version, os name, system
architecture: architecture, arch, cpu
browser: browser, browser name
device: device, device type, device name, device model
channel: channel, channels, sales channel, source channel
provider: provider, cloud, cloud provider
protocol: protocol, app protocol, scheme, transport
encoding: encoding, charset, character set, character encoding
algorithm: algorithm, alg, cipher, hash algorithm, integrity algorithm, signature algorithm
format: format, output format, file format, data format, export format
extension: extension, extensions, file extension, file type, filetypes, file types, exts
operator: operator, comparison, comparator
operation: operation, op, operations
action: action, actions, event action, activity
environment: environment, env, environments, deployment environment, stage name
branch: branch, default branch, base branch, branches, target branch, git branch, branch name
git ref: git ref
command: command, commands, cmd, script command, entrypoint, build command, start command
flag: args, arguments, argv, params, flags, varargs, extra args, options text
font: font, font family, font name, fonts
align: align, alignment, text align, horizontal align, position side
direction: direction, heading direction
shape: shape, shapes
payment method: payment method, payment type, payment methods, method of payment
card brand: card brand, card type, card network
account type: account type
carrier: carrier, courier, shipping carrier, shipping company, carrier name
shipping method: shipping method, delivery method, service level, shipping type, delivery type
airline: airline, airlines, airline name
cabin class: cabin class, cabin, travel class, seat class, class of service
amenity: amenity, amenities, facilities, hotel amenities
property type: property type, home type, listing type
transmission: transmission
material: material, materials, fabric
cuisine: cuisine, cuisines, cuisine type
diet: diet, dietary restrictions, dietary preferences, dietary requirements, diets
ingredient: ingredient, ingredients
meal: meal, meal type
sport: sport, sports, activity type, discipline
hobby: hobby, hobbies
hashtag: hashtag, hashtags
feature: feature, features, capabilities
service: service, service name, services, application, app, app name, microservice, component, components, application name, job id name
metric: metric, metric name, metrics, measure, kpi
event name: event name
logger: logger, logger name
thread: thread, thread name
exception: exception, exception type, error type, error class
error code: error code, error codes, failure code
jurisdiction: jurisdiction, jurisdictions, jurisdiction flags
relation: relation, relationship, relationship type, kinship
honorific: honorific, salutation, honorific prefix, name prefix, courtesy title
name suffix: name suffix, honorific suffix
age group: age group, age range, age bracket
income range: income range, income bracket, price range text
sentiment: sentiment, tone, mood
blood pressure: blood pressure
weather: weather, weather condition, forecast
animal: animal, pet, species, pet type
plant: plant, plant name
music instrument: instrument, instruments
gate: gate, departure gate, terminal gate
seat: seat, seat number, seats
bic: bic, swift, swift code, bic code, recipient bic, sender bic
cron: cron, cron expression, cron schedule
schedule: schedule, schedules
aspect ratio: aspect ratio
resolution: resolution, screen resolution, screen size
codec: codec, audio codec, video codec
dimensions: dimensions, package dimensions, measurements
yes no: yes no, answer yes no
consent: consent, consent status
referrer: referrer, referer
database: database, db, database name, db name
unit: unit, units, uom, unit of measure, measurement unit
license: license, licence, license name, licenses, spdx id
weekday: weekday, day of week, days, days of week, weekdays
month: month, month name
season: season
level: level, priority, severity, importance, tier, risk, urgency, impact, risk level, intensity, confidence level
difficulty: difficulty, difficulty level, skill level, experience level
industry: industry, industries, sector, business sector
genre: genre, genres, music genre
gender: gender, sex
marital status: marital status
iban: iban, bank account, sender iban, recipient iban
word: key, prefix, suffix, namespace, scope, group name, selector, variable, property, field, attribute, column, table, element, module, plugin, package, node, template, parameter, constant, function, bucket, queue, index name, cluster, realm, keyring, pool, registry, resource, resources, dependency, dependencies, plugins, packages, modules, fields, columns, tables, nodes, attributes, library, libraries, target, targets, driver, controller, interface, profile, context, label name, collection, stream, view, source, sources, annotation, dataset
"""  # noqa: E501

TEXTS = {" ".join(words_of(name)): entry for name, entry in table(_TABLE).items()}
"""The entry of each name, in words as `words_of` gives them."""
